"""Reads the state of the lake in Lake Formation, and makes changes to it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.on_access_declared.grants import filter_name, grant_of, is_beside_the_templates, resource_of
from shared.errors import TerminalError
from shared.governance.access import RowFilter
from shared.governance.changes import (
    CloseNewTables,
    GrantFilter,
    LakeState,
    MakeFilter,
    RemoveFilter,
    RemoveTag,
    Resource,
    Revoke,
    SetTags,
    TableState,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.governance.access import LakeAccess, TableAccess
    from shared.governance.changes import Change, Grant

# Everybody whom IAM lets in. A grant to this group, or to every principal of the account, opens a table to all.
BY_IAM_ALONE = "IAM_ALLOWED_PRINCIPALS"
# What new databases and tables are open to. CloudFormation cannot empty them.
# Source: aws-cloudformation/cloudformation-coverage-roadmap, issue 2197.
DEFAULTS = ("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions")
# Source: hashicorp/terraform-provider-aws, lakeformation/permissions.go.
NOTHING_TO_REVOKE = "No permissions revoked. Grantee"
BUSY = "ConcurrentModificationException"
ATTEMPTS = 6


@dataclass(frozen=True, kw_only=True)
class LakeFormation:
    """Lake Formation in one account.

    Attributes:
        client: boto3's client, configured to wait when it is throttled.
        account: The account's id.
        principals: The ARNs of the contracts' roles.
    """

    client: Any
    account: str
    principals: Mapping[str, str]

    def read(self, wanted: LakeAccess) -> LakeState:
        """Read the state of the wanted databases and tables; others are left out.

        Raises:
            TerminalError: a table is not in the catalog.
        """
        entries = self._entries()
        named = [(resource_of(entry["Resource"]), grant_of(entry)) for entry in entries]
        grants = [(resource, grant) for resource, grant in named if resource and resource.database in wanted.databases]
        filters = self._filters()
        resources = {Resource(table.database, table.table): table for table in wanted.tables}
        return LakeState(
            database_tags={database: self._database_tags(database) for database in wanted.databases},
            tables={
                resource: self._table(
                    table, wanted, filters.get(resource, {}), [g for at, g in grants if at == resource]
                )
                for resource, table in resources.items()
            },
            strays=tuple(grant for at, grant in grants if at not in resources),
            strays_by_tag=tuple(
                grant_of(entry)
                for entry in entries
                if is_beside_the_templates(entry["Resource"], self._roles(entry), wanted)
            ),
            opens_new_tables=any(self._settings().get(default) for default in DEFAULTS),
        )

    def make(self, change: Change) -> None:
        """Make one change.

        Raises:
            ClientError: Lake Formation refuses it.
            TerminalError: it refuses a tag.
        """
        match change:
            case CloseNewTables():
                # Read together with the rest, since what is put replaces all settings.
                closed = self._settings() | {default: [] for default in DEFAULTS}
                self._call("put_data_lake_settings", DataLakeSettings=closed)
            case SetTags():
                self._tag("add_lf_tags_to_resource", change, change.tags)
            case RemoveTag():
                self._tag("remove_lf_tags_from_resource", change, {change.key: change.value})
            case MakeFilter():
                self._make_filter(change)
            case GrantFilter():
                self._call(
                    "grant_permissions",
                    Principal={"DataLakePrincipalIdentifier": self.principals[change.role]},
                    Resource={"DataCellsFilter": self._filter_key(change.resource, change.name)},
                    Permissions=["SELECT"],
                )
            case Revoke():
                self._revoke(change.grant)
            case RemoveFilter():
                self._call("delete_data_cells_filter", **self._filter_key(change.resource, change.name))

    def _revoke(self, grant: Grant) -> None:
        """Take a permission back; one that is gone by now is what was to be, as where one call took back several."""
        try:
            self._call(
                "revoke_permissions",
                Principal={"DataLakePrincipalIdentifier": grant.principal},
                Resource=json.loads(grant.resource),
                Permissions=list(grant.permissions),
                PermissionsWithGrantOption=list(grant.grantable),
            )
        except ClientError as error:
            if not error.response["Error"]["Message"].startswith(NOTHING_TO_REVOKE):
                raise

    def _settings(self) -> dict[str, Any]:
        found: dict[str, Any] = self._call("get_data_lake_settings")["DataLakeSettings"]
        return found

    def _table(
        self, table: TableAccess, lake: LakeAccess, filters: dict[str, RowFilter], grants: list[Grant]
    ) -> TableState:
        resource, columns = Resource(table.database, table.table), tuple(table.columns)
        tags = self._tags(resource).get("LFTagsOnTable", [])
        on_columns = [
            (column["Name"], tag["TagKey"], tag["TagValues"][0])
            for column in self._tags(resource, columns).get("LFTagsOnColumns", [])
            for tag in column["LFTags"]
        ]
        of_roles = sorted({key for _, key, _ in on_columns if key.startswith(lake.role_key(""))})
        wanted = {(self.principals[f.role], f.name): (f.role, f.name) for f in table.filters}
        through = {grant: (grant.principal, filter_name(grant)) for grant in grants}
        return TableState(
            tags={tag["TagKey"]: tag["TagValues"][0] for tag in tags},
            columns={column: value for column, key, value in on_columns if key == lake.classification_key},
            roles_on_columns={key: tuple(column for column, k, _ in on_columns if k == key) for key in of_roles},
            filters=filters,
            granted=frozenset(wanted[pair] for pair in through.values() if pair in wanted),
            strays=tuple(grant for grant, pair in through.items() if pair not in wanted),
        )

    def _database_tags(self, database: str) -> dict[str, str]:
        found = self._tags(Resource(database)).get("LFTagOnDatabase", [])
        return {tag["TagKey"]: tag["TagValues"][0] for tag in found}

    def _tags(self, resource: Resource, columns: tuple[str, ...] = ()) -> dict[str, Any]:
        try:
            return self._call(
                "get_resource_lf_tags", Resource=self._in_request(resource, columns), ShowAssignedLFTags=True
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                raise TerminalError(
                    f"{resource} is not in the Glue catalog",
                    given=str(resource),
                    expected="a database and a table for every contract",
                    mend="deploy the stack first",
                ) from error
            raise

    def _entries(self) -> list[dict[str, Any]]:
        """The permissions of the contracts' roles, and those of everybody."""
        ours = {*self.principals.values(), BY_IAM_ALONE, f"{self.account}:IAMPrincipals"}
        found = self._pages("list_permissions", "PrincipalResourcePermissions")
        return [entry for entry in found if entry["Principal"]["DataLakePrincipalIdentifier"] in ours]

    def _roles(self, entry: dict[str, Any]) -> list[str]:
        principal = entry["Principal"]["DataLakePrincipalIdentifier"]
        return [role for role, arn in self.principals.items() if arn == principal]

    def _filters(self) -> dict[Resource, dict[str, RowFilter]]:
        found: dict[Resource, dict[str, RowFilter]] = {}
        for entry in self._pages("list_data_cells_filter", "DataCellsFilters"):
            resource, name = Resource(entry["DatabaseName"], entry["TableName"]), entry["Name"]
            found.setdefault(resource, {})[name] = RowFilter(
                role=name.rpartition("_")[0],
                rows=entry.get("RowFilter", {}).get("FilterExpression", ""),
                columns=tuple(sorted(entry.get("ColumnNames", []))),
            )
        return found

    def _make_filter(self, change: MakeFilter) -> None:
        data = {
            **self._filter_key(change.resource, change.row_filter.name),
            "RowFilter": {"FilterExpression": change.row_filter.rows},
            "ColumnNames": list(change.row_filter.columns),
        }
        try:
            self._call("create_data_cells_filter", TableData=data)
        except ClientError as error:
            if error.response["Error"]["Code"] != "AlreadyExistsException":
                raise
            self._call("update_data_cells_filter", TableData=data)

    def _tag(self, operation: str, change: SetTags | RemoveTag, tags: Mapping[str, str]) -> None:
        given = [{"CatalogId": self.account, "TagKey": key, "TagValues": [value]} for key, value in tags.items()]
        resource = self._in_request(change.resource, change.columns)
        failures = self._call(operation, Resource=resource, LFTags=given).get("Failures", [])
        if failures:
            raise TerminalError("Lake Formation refused a tag", given=str(given), expected=str(failures[0]["Error"]))

    def _in_request(self, resource: Resource, columns: tuple[str, ...] = ()) -> dict[str, Any]:
        if not resource.table:
            return {"Database": {"CatalogId": self.account, "Name": resource.database}}
        table = {"CatalogId": self.account, "DatabaseName": resource.database, "Name": resource.table}
        return {"TableWithColumns": {**table, "ColumnNames": list(columns)}} if columns else {"Table": table}

    def _filter_key(self, resource: Resource, name: str) -> dict[str, str]:
        return {
            "TableCatalogId": self.account,
            "DatabaseName": resource.database,
            "TableName": resource.table,
            "Name": name,
        }

    def _pages(self, operation: str, member: str) -> Iterator[dict[str, Any]]:
        given: dict[str, str] = {}
        while True:
            page = self._call(operation, **given)
            yield from page.get(member, [])
            if not page.get("NextToken"):
                return
            given = {"NextToken": page["NextToken"]}

    def _call(self, operation: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - the members of any operation
        """Call Lake Formation, and again while it is busy with another change of the same resource."""
        for attempt in range(ATTEMPTS):
            try:
                return dict(getattr(self.client, operation)(**given))
            except ClientError as error:
                if error.response["Error"]["Code"] != BUSY or attempt == ATTEMPTS - 1:
                    raise
                time.sleep(2**attempt / 4)
        raise AssertionError  # the loop returns or raises
