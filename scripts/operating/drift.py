"""What stands on AWS otherwise than the contracts say: Glue, Delta and Lake Formation, each asked itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lambdas.on_access_declared.logic import bring
from scripts.operating.lake_formation import glue_of, lake_formation_of
from shared.governance.environments import access_of
from shared.names import Layer, Names
from shared.vault import VAULT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.config import Environment
    from shared.contracts import Catalog

# Delta's words for types, where they differ from a contract's.
DELTA_TYPES = {"integer": "int", "long": "bigint", "short": "smallint"}


class Difference(NamedTuple):
    """One thing that is otherwise than its contract says. `where` is glue, delta or lake formation."""

    where: str
    place: str
    contract: str
    found: str

    @property
    def row(self) -> dict[str, str]:
        """The difference for people and programs."""
        return self._asdict()


def drift(environment: Environment, catalog: Catalog) -> list[Difference]:
    """Everything that differs; a table that no run has made yet is no difference in Delta."""
    locations: dict[str, str] = {}
    found = [*_in_glue(environment, catalog, locations), *_in_delta(catalog, locations)]
    if environment.governance:
        steps = bring(lake_formation_of(environment), access_of(environment, catalog), only_plan=True)
        found += [Difference("lake formation", step.row["place"], step.row["change"], "otherwise") for step in steps]
    return found


def _in_glue(environment: Environment, catalog: Catalog, locations: dict[str, str]) -> Iterator[Difference]:
    glue, names = glue_of(environment), Names(environment)
    known = columns_of(catalog)
    for layer in (*Layer, VAULT):
        database = names.glue_database(layer)
        for page in glue.get_paginator("get_tables").paginate(DatabaseName=database):
            for entry in page["TableList"]:
                name = f"{layer}.{entry['Name']}"
                if name not in known:
                    yield Difference("glue", f"{database}.{entry['Name']}", "no contract", "a table")
                    continue
                locations[name] = entry["StorageDescriptor"]["Location"]
                found = {column["Name"]: column["Type"] for column in entry["StorageDescriptor"]["Columns"]}
                yield from _columns("glue", name, known[name], found)
    for name in sorted(set(known) - set(locations)):
        yield Difference("glue", name, "a table", "none")


def _in_delta(catalog: Catalog, locations: Mapping[str, str]) -> Iterator[Difference]:
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    known = columns_of(catalog)
    for name, location in sorted(locations.items()):
        try:
            if not DeltaTable.is_deltatable(location):
                continue
            fields = DeltaTable(location).schema().fields
        except (DeltaError, OSError) as error:
            # Such as one of personal data, for who is not admitted to it; the others are compared all the same.
            yield Difference("delta", name, "a table", f"cannot be read: {str(error).partition(chr(10))[0]}")
            continue
        found = {field.name: _spark_type(field.type) for field in fields}
        yield from _columns("delta", name, known[name], found)


def columns_of(catalog: Catalog) -> dict[str, dict[str, str]]:
    """The columns of every table and vault that there is to be, with their types, by `<layer or vault>.<name>`."""
    tables = {str(table.name): table.all_columns for table in catalog.tables.values()}
    vaults = {f"{VAULT}.{vault.name}": vault.columns for vault in catalog.vaults}
    return {name: {c.name: c.type for c in columns} for name, columns in (tables | vaults).items()}


def _columns(where: str, place: str, wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys([*wanted, *found]):
        if wanted.get(name) != found.get(name):
            yield Difference(where, f"{place}.{name}", wanted.get(name, "no column"), found.get(name, "no column"))


def _spark_type(kind: object) -> str:
    """A type of Delta in the words of contracts."""
    from deltalake.schema import ArrayType, PrimitiveType

    if isinstance(kind, ArrayType):
        return f"array<{_spark_type(kind.element_type)}>"
    text = kind.type if isinstance(kind, PrimitiveType) else str(kind)
    return DELTA_TYPES.get(text, text)
