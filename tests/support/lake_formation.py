"""Computes what Lake Formation would let each principal see, from the state of an account.

Source: AWS Lake Formation developer guide, "Lake Formation tag-based access control" (a column inherits the tags of its
table, a table those of its database, each may override them; a grant matches what has one of the values of every key)
and "Data filtering and cell-level security".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError
from moto.core.exceptions import JsonRESTError
from moto.lakeformation.models import LakeFormationBackend
from moto.lakeformation.responses import LakeFormationResponse

from scripts.local import lake_formation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

ALL_ROWS = "all rows"


class Sight(NamedTuple):
    """One column of a table, and the visible rows."""

    principal: str
    table: str
    column: str
    rows: str = ALL_ROWS


@dataclass(frozen=True)
class Enforcement:
    """Lake Formation's rules, applied to what its API returns; `columns` are those of the Glue catalog, by table."""

    client: Any
    columns: Mapping[tuple[str, str], Iterable[str]]

    def sights(self) -> frozenset[Sight]:
        """Everything that any principal can see."""
        grants = self.client.list_permissions()["PrincipalResourcePermissions"]
        filters = {
            (f["DatabaseName"], f["TableName"], f["Name"]): f
            for f in self.client.list_data_cells_filter()["DataCellsFilters"]
        }
        tags = {place: self._tags(*place) for place in self.columns}
        return frozenset(
            sight
            for grant in grants
            if {"SELECT", "ALL"} & set(grant["Permissions"])
            for sight in self._through(grant, filters, tags)
        )

    def _through(self, grant: dict[str, Any], filters: Mapping[Any, Any], tags: Mapping[Any, Any]) -> Iterator[Sight]:
        who, resource = grant["Principal"]["DataLakePrincipalIdentifier"], grant["Resource"]
        if "LFTagPolicy" in resource and resource["LFTagPolicy"]["ResourceType"] == "TABLE":
            wanted = {tag["TagKey"]: set(tag["TagValues"]) for tag in resource["LFTagPolicy"]["Expression"]}
            for place, found in tags.items():
                for column, given in found.items():
                    if all(given.get(key) in values for key, values in wanted.items()):
                        yield Sight(who, ".".join(place), column)
        elif "DataCellsFilter" in resource:
            key = resource["DataCellsFilter"]
            found = filters.get((key["DatabaseName"], key["TableName"], key["Name"]))
            for column in found["ColumnNames"] if found else []:
                yield Sight(
                    who, f"{key['DatabaseName']}.{key['TableName']}", column, found["RowFilter"]["FilterExpression"]
                )
        else:
            yield from (Sight(who, table, column) for table, column in self._named(resource))

    def _named(self, resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """The columns of a grant on a table by name, on all tables of a database, or on some columns of one."""
        if given := resource.get("TableWithColumns") or resource.get("Table"):
            for (database, table), columns in self.columns.items():
                if given["DatabaseName"] == database and given["Name"] in {table, "ALL_TABLES"}:
                    yield from ((f"{database}.{table}", column) for column in given.get("ColumnNames", columns))

    def _tags(self, database: str, table: str) -> dict[str, dict[str, str]]:
        on_database = _plain(self._ask({"Database": {"Name": database}}).get("LFTagOnDatabase", []))
        key = {"DatabaseName": database, "Name": table}
        on_table = _plain(self._ask({"Table": key}).get("LFTagsOnTable", []))
        columns = list(self.columns[database, table])
        answered = self._ask({"TableWithColumns": {**key, "ColumnNames": columns}}).get("LFTagsOnColumns", [])
        own = {column["Name"]: _plain(column["LFTags"]) for column in answered}
        return {column: {**on_database, **on_table, **own.get(column, {})} for column in columns}

    def _ask(self, resource: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get_resource_lf_tags(Resource=resource, ShowAssignedLFTags=True)
        return found


def _plain(tags: Iterable[dict[str, Any]]) -> dict[str, str]:
    return {tag["TagKey"]: tag["TagValues"][0] for tag in tags}


class Direct:
    """moto's Lake Formation, patched, called without botocore, which is much faster."""

    def __init__(self, account: str) -> None:
        lake_formation.install()
        self._account, self._backend = account, LakeFormationBackend("us-east-1", account)

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        if operation.startswith("_"):
            raise AttributeError(operation)

        def call(**given: Any) -> dict[str, Any]:
            request = SimpleNamespace(
                _get_param=given.get, lakeformation_backend=self._backend, current_account=self._account
            )
            try:
                answered: dict[str, Any] = json.loads(getattr(LakeFormationResponse, operation)(request))
            except JsonRESTError as error:
                raise ClientError({"Error": {"Code": error.error_type, "Message": error.message}}, operation) from error
            return answered

        return call
