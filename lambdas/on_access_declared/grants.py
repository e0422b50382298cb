"""Permissions as Lake Formation lists them: what each is on, and whether a template made it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shared.governance.access import READS, Classification
from shared.governance.changes import Grant, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.governance.access import LakeAccess


# The name under which Lake Formation lists a permission on all tables of a database.
ALL_TABLES = "ALL_TABLES"


def as_granted(resource: dict[str, Any]) -> dict[str, Any]:
    """What a permission is on, as it is granted and revoked.

    Lake Formation lists all tables of a database as one table with a name, SELECT on them even as on all columns of
    that table, and refuses to revoke either. Source: hashicorp/terraform-provider-aws, lakeformation/filter.go.
    """
    table = resource.get("Table") or resource.get("TableWithColumns") or {}
    if table.get("Name") != ALL_TABLES:
        return resource
    kept = {key: table[key] for key in ("CatalogId", "DatabaseName") if key in table}
    return {"Table": {**kept, "TableWildcard": {}}}


def grant_of(entry: dict[str, Any]) -> Grant:
    """A listed permission as a grant, with all that is needed to revoke it."""
    return Grant(
        principal=entry["Principal"]["DataLakePrincipalIdentifier"],
        resource=json.dumps(as_granted(entry["Resource"]), sort_keys=True),
        permissions=tuple(sorted(entry["Permissions"])),
        grantable=tuple(sorted(entry.get("PermissionsWithGrantOption", []))),
    )


def resource_of(listed: dict[str, Any]) -> Resource | None:
    """The table that a permission is on; the database of one on all its tables; None of one by tags."""
    resource = as_granted(listed)
    if "Database" in resource:
        return Resource(resource["Database"]["Name"])
    if "DataCellsFilter" in resource:
        return Resource(resource["DataCellsFilter"]["DatabaseName"], resource["DataCellsFilter"]["TableName"])
    table = resource.get("Table") or resource.get("TableWithColumns")
    return Resource(table["DatabaseName"], table.get("Name", "")) if table else None


def filter_name(grant: Grant) -> str:
    """The name of the data cells filter that a permission is on; empty if it is on none."""
    return str(json.loads(grant.resource).get("DataCellsFilter", {}).get("Name", ""))


def is_beside_the_templates(resource: dict[str, Any], roles: Iterable[str], lake: LakeAccess) -> bool:
    """Whether a permission on tables is by tags of this lake, but not one that a template grants.

    A template grants a role what has the role's own tag, up to a clearance. A grant with another clearance counts as a
    template's: CloudFormation makes the new grant before it revokes the old one, and would fail without it.

    Args:
        resource: What the permission is on.
        roles: The contracts' roles of its principal.
        lake: What the contracts say.
    """
    policy = resource.get("LFTagPolicy", {})
    given = {tag["TagKey"]: set(tag["TagValues"]) for tag in policy.get("Expression", [])}
    if policy.get("ResourceType") != "TABLE" or not any(key.startswith(lake.tag_prefix) for key in given):
        return False
    return given not in [
        {lake.role_key(role): {READS}, lake.classification_key: {str(c) for c in Classification if clearance.covers(c)}}
        for role in roles
        for clearance in Classification
    ]
