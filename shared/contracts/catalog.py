"""All contracts together, checked against each other and in dependency order."""

from __future__ import annotations

import graphlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from shared.contracts.compile import compile_contract
from shared.contracts.document import SUFFIX, read_document, short_name
from shared.contracts.model import Kind
from shared.contracts.neighbours import check_neighbours, dependency_place
from shared.contracts.serving import at_target
from shared.contracts.source_model import FILES, SALESFORCE, SNOWFLAKE
from shared.contracts.subjects import check_subjects
from shared.contracts.vault import vault_of
from shared.errors import ContractError, UnknownNameError
from shared.names import Layer, Machine
from shared.serving import ServedPath, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shared.contracts.model import Table
    from shared.contracts.vault import Vault
    from shared.names import TableName

FOLDER = Path(__file__).parent
# Types of source with a machine of their own; the daily batch reads all others.
OWN_MACHINES = {SALESFORCE: Machine.SALESFORCE_INGESTION}
# The files of a table: its contract, and at most one of the others beside it.
BESIDE = (SUFFIX, ".sql", ".py")


@dataclass(frozen=True)
class Catalog:
    """The tables by full name, inputs and parents before the tables that depend on them."""

    tables: Mapping[str, Table]

    def table(self, name: str) -> Table:
        """One table by its full name.

        Raises:
            UnknownNameError: there is no such table.
        """
        if name not in self.tables:
            raise UnknownNameError("table", name, sorted(self.tables))
        return self.tables[name]

    @property
    def vaults(self) -> list[Vault]:
        """The vaults of all tables that have one."""
        return [vault for table in self.tables.values() if (vault := vault_of(table))]

    @property
    def served(self) -> list[Table]:
        """The tables that the API serves."""
        return [table for table in self.tables.values() if table.served_at]

    def readers_of(self, name: TableName) -> list[Table]:
        """The tables that are made of a table."""
        return [table for table in self.tables.values() if name in table.inputs]

    def is_followed(self, name: TableName) -> bool:
        """Whether a built table that reads this one, or a target it is published to, follows its changes."""
        is_read = any(table.kind is Kind.BUILT for table in self.readers_of(name))
        return is_read or bool(self.table(str(name)).targets)

    def expiring_readers(self, name: TableName) -> tuple[Table, ...]:
        """The tables whose retention decides when a landed table's rows are deleted.

        These are all its readers, if each deletes its rows by age. There are none if one keeps its rows for ever, or is
        made by a query, so that the landed row does not show its age.
        """
        readers = self.readers_of(name)
        return tuple(readers) if all(r.retention and not r.query for r in readers) else ()

    def dependants(self, name: str) -> set[str]:
        """The tables that depend on a table, directly or through others."""
        found: set[str] = set()
        for table in self.tables.values():
            needs = {str(d) for d in table.depends_on}
            if needs & (found | {name}):
                found.add(str(table.name))
        return found

    def requirements(self, name: str) -> set[str]:
        """The tables a table depends on, directly or through others."""
        direct = {str(d) for d in self.table(name).depends_on}
        return direct.union(*(self.requirements(d) for d in direct)) if direct else direct

    def select(self, selectors: Iterable[str]) -> list[Table]:
        """The tables that selectors name, in dependency order; all of them for no selector.

        A selector is dbt's: `silver.orders`, `+silver.orders` with what it needs, `silver.orders+` with what needs it.

        Raises:
            UnknownNameError: a selector names no table.
        """
        chosen: set[str] = set()
        for selector in selectors:
            name = str(self.table(selector.strip("+")).name)
            chosen.add(name)
            chosen |= self.requirements(name) if selector.startswith("+") else set()
            chosen |= self.dependants(name) if selector.endswith("+") else set()
        return [t for n, t in self.tables.items() if n in chosen or not chosen]

    def asked(self, selectors: Iterable[str], machine: Machine) -> list[Table]:
        """The tables that a run works on: those that selectors name, or else all of its machine.

        Raises:
            UnknownNameError: a selector names no table.
        """
        named = tuple(selectors)
        return self.select(named) if named else self.of_machine(machine)

    def of_machine(self, machine: Machine) -> list[Table]:
        """The tables that a machine works on by default, in dependency order.

        A type of source with a machine of its own is read only by that machine, which then makes all tables that depend
        on it. The daily batch makes every table with another source or none. Among these are the tables of files, which
        the machine `file_landed` makes as soon as a file lands. Maintenance works on every table.
        """
        if machine is Machine.MAINTENANCE:
            return list(self.tables.values())
        types = {n: self._source_types(n) for n in self.tables}
        if machine is Machine.DAILY_BATCH:
            return [t for n, t in self.tables.items() if types[n] - set(OWN_MACHINES) or not types[n]]
        own = {type_ for type_, whose in OWN_MACHINES.items() if whose is machine}
        if machine is Machine.FILE_LANDED:
            own = {FILES}
        return [t for n, t in self.tables.items() if types[n] & own]

    def machines_for(self, name: str) -> set[Machine]:
        """The machines that by default read all that a table depends on; that of files is not among them."""
        needed = [self.table(n) for n in {name} | self.requirements(name)]
        types = [table.source.type for table in needed if table.source]
        return {OWN_MACHINES.get(type_, Machine.DAILY_BATCH) for type_ in types} or {Machine.DAILY_BATCH}

    def _source_types(self, name: str) -> set[str]:
        """The types of source a table's rows come from."""
        table = self.table(name)
        return {table.source.type} if table.source else set().union(*(self._source_types(str(i)) for i in table.inputs))


@cache
def load_catalog(folder: Path = FOLDER) -> Catalog:
    """Read every contract under `folder/<layer>/` and check them against each other.

    Raises:
        ContractError: the first contract that is wrong, an unknown parent or input, a cycle, or rows of a person that
            an erasure would not find.
    """
    files = [f for layer in Layer for f in sorted((folder / layer).glob(f"*{SUFFIX}"))]
    # First, since a contract lacks the query whose file has another name.
    _refuse_strays(folder, files)
    tables = {str(t.name): t for t in map(compile_contract, files)}
    _refuse_shared_ids(tables.values())
    for table in tables.values():
        check_neighbours(table, tables)
    _refuse_shared_targets(tables.values())
    sorter = graphlib.TopologicalSorter({n: [str(d) for d in t.depends_on] for n, t in tables.items()})
    try:
        order = list(sorter.static_order())
    except graphlib.CycleError as error:
        first, second, *_ = cycle = error.args[1]
        raise ContractError(
            f"{dependency_place(tables[second], tables[first].name)}: tables depend on each other in a circle",
            given=" -> ".join(cycle),
            mend="take one of these inputs or relationships away",
        ) from error
    catalog = Catalog({n: _with_facts_of_inputs(tables[n], tables) for n in order})
    check_subjects(catalog)
    return catalog


def _with_facts_of_inputs(table: Table, tables: Mapping[str, Table]) -> Table:
    return replace(table, reads_personal=any(tables[str(name)].is_personal for name in table.inputs))


def _refuse_shared_targets(tables: Iterable[Table]) -> None:
    """Refuse two tables published to one place, and a connection to Snowflake that is a source of another type.

    Each of two such tables would delete the other's rows as rows that are gone. A connection has one type, since its
    secret cannot be that of another kind of system.
    """
    tables = list(tables)
    systems = {t.source.system: t.source.type for t in tables if t.source}
    places: dict[tuple[Target, str], Table] = {}
    for table in tables:
        for target, place in table.targets.items():
            where = place.prefix if isinstance(place, ServedPath) else str(place)
            if (other := places.setdefault((target, where), table)) is not table:
                raise read_document(table.file).error(
                    "two tables are served at one place",
                    at_target(read_document(table.file), target),
                    given=f"{where}, where {other.name} is",
                    mend="name another collection, schema or table",
                )
        if (to := table.published_to) and systems.get(to.connection, SNOWFLAKE) != SNOWFLAKE:
            raise read_document(table.file).error(
                f"the connection {to.connection} is none to Snowflake",
                at_target(read_document(table.file), Target.SNOWFLAKE),
                given=f"a source of type {systems[to.connection]}",
                expected="a server of type snowflake, or one that no source has",
            )


def _refuse_shared_ids(tables: Iterable[Table]) -> None:
    """Refuse two contracts with one id, by which other tools of the standard know a contract."""
    ids: dict[str, Table] = {}
    for table in tables:
        if (other := ids.setdefault(table.id, table)) is not table:
            raise read_document(table.file).error(
                f"two contracts have one id, this one and {other.name}'s", ("id",), given=table.id
            )


def _refuse_strays(folder: Path, contracts: Iterable[Path]) -> None:
    """Refuse files that belong to no contract, such as misspelt ones, which would otherwise be ignored silently."""
    known = {str(f).removesuffix(SUFFIX) + beside for f in contracts for beside in BESIDE}
    for layer in Layer:
        for file in sorted((folder / layer).iterdir() if (folder / layer).is_dir() else ()):
            if str(file) not in known:
                raise ContractError(
                    f"{short_name(file)}:1: this file belongs to no table",
                    expected=f"<table>{SUFFIX}, and <table>.sql or <table>.py beside a contract of that name",
                )
