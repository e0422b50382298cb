"""Compares what is on AWS with the contracts: in Glue, in Delta and in Lake Formation, each queried itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lambdas.on_access_declared.logic import bring
from scripts.looking.delta_types import contract_type
from scripts.operating.lake_formation import glue_of, lake_formation_of
from shared.governance.environments import access_of
from shared.names import Layer, Names
from shared.vault import VAULT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.config import Environment
    from shared.contracts import Catalog


class Difference(NamedTuple):
    """One thing that differs from its contract.

    Attributes:
        where: `glue`, `delta` or `lake formation`.
        place: The table, column or other resource.
        contract: What the contract says.
        found: What is there.
    """

    where: str
    place: str
    contract: str
    found: str

    @property
    def row(self) -> dict[str, str]:
        """The difference as a row for display and JSON."""
        return self._asdict()


def drift(environment: Environment, catalog: Catalog) -> list[Difference]:
    """Everything that differs from the contracts; that no run has made a table yet is no difference in Delta."""
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
        if environment.governance and glue.get_database(Name=database)["Database"].get("CreateTableDefaultPermissions"):
            yield Difference("glue", database, "IAM alone opens no new tables", "it opens them")
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
            # Such as a table of personal data, for a caller without access to it; the others are still compared.
            yield Difference("delta", name, "a table", f"cannot be read: {str(error).partition(chr(10))[0]}")
            continue
        found = {field.name: contract_type(field.type) for field in fields}
        yield from _columns("delta", name, known[name], found)


def columns_of(catalog: Catalog) -> dict[str, dict[str, str]]:
    """The columns, with types, of every table and vault of the contracts, by `<layer or vault>.<name>`."""
    tables = {str(table.name): table.all_columns for table in catalog.tables.values()}
    vaults = {f"{VAULT}.{vault.name}": vault.columns for vault in catalog.vaults}
    return {name: {c.name: c.type for c in columns} for name, columns in (tables | vaults).items()}


def _columns(where: str, place: str, wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys([*wanted, *found]):
        if wanted.get(name) != found.get(name):
            yield Difference(where, f"{place}.{name}", wanted.get(name, "no column"), found.get(name, "no column"))
