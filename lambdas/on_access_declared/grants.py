"""Permissions as Lake Formation lists them: on what, and whether somebody made them beside the templates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shared.governance.access import READS, Classification
from shared.governance.changes import Grant, Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.governance.access import LakeAccess


def grant_of(entry: dict[str, Any]) -> Grant:
    """A permission that can be taken back as it is listed."""
    return Grant(
        principal=entry["Principal"]["DataLakePrincipalIdentifier"],
        resource=json.dumps(entry["Resource"], sort_keys=True),
        permissions=tuple(sorted(entry["Permissions"])),
        grantable=tuple(sorted(entry.get("PermissionsWithGrantOption", []))),
    )


def place_of(resource: dict[str, Any]) -> Place | None:
    """The table a permission is on; a database for one on all of its tables; none for one that goes by tags."""
    if "Database" in resource:
        return Place(resource["Database"]["Name"])
    if "DataCellsFilter" in resource:
        return Place(resource["DataCellsFilter"]["DatabaseName"], resource["DataCellsFilter"]["TableName"])
    table = resource.get("Table") or resource.get("TableWithColumns")
    return Place(table["DatabaseName"], table.get("Name", "")) if table else None


def filter_name(grant: Grant) -> str:
    """The data cells filter that a permission is on, if it is on one."""
    return str(json.loads(grant.resource).get("DataCellsFilter", {}).get("Name", ""))


def is_beside_the_templates(resource: dict[str, Any], roles: Iterable[str], lake: LakeAccess) -> bool:
    """Whether a permission on tables goes by tags of this lake in a way that no template grants.

    A template grants a role what carries the role's own tag, up to some clearance. One with another clearance is left:
    CloudFormation makes the new one before it takes the old one back, and would miss it.

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
