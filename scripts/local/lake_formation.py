"""Lake Formation's tags, data cells filters and permissions on tables.

What moto 5.2.5 does differently: adding a tag to a resource removes all others from it, values need not exist, and a
tag can lose a value that a resource has; asking for the tags of a resource without any ends in an internal error, and
there are no data cells filters. Permissions on tables are listed as they were granted, and revoking one that was never
granted is accepted.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.lakeformation.exceptions import AlreadyExists, EntityNotFound, InvalidInput
from moto.lakeformation.models import LakeFormationBackend
from moto.lakeformation.responses import LakeFormationResponse
from moto.lakeformation.urls import url_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

_Place = tuple[str, ...]
_UPDATE = LakeFormationBackend.update_lf_tag
_LIST, _REVOKE = LakeFormationBackend.list_permissions, LakeFormationBackend.revoke_permissions
_ALL_TABLES = "ALL_TABLES"


def _tags(backend: LakeFormationBackend) -> dict[_Place, dict[str, str]]:
    """The tags of every database, table and column, by their names."""
    return backend.__dict__.setdefault("given_tags", {})


def _filters(backend: LakeFormationBackend) -> dict[_Place, dict[str, Any]]:
    return backend.__dict__.setdefault("cells_filters", {})


def _places(resource: dict[str, Any]) -> Iterator[_Place]:
    if "Database" in resource:
        yield (resource["Database"]["Name"],)
    elif "Table" in resource:
        yield resource["Table"]["DatabaseName"], resource["Table"]["Name"]
    else:
        given = resource["TableWithColumns"]
        for column in given["ColumnNames"]:
            yield given["DatabaseName"], given["Name"], column


def _listed(tags: dict[str, str]) -> list[dict[str, Any]]:
    return [{"TagKey": key, "TagValues": [value]} for key, value in sorted(tags.items())]


def _add(self: LakeFormationBackend, catalog_id: str, resource: dict[str, Any], tags: list[Any]) -> list[Any]:
    known = self.list_lf_tags(catalog_id)
    wrong = [tag for tag in tags if not set(tag["TagValues"]) <= set(known.get(tag["TagKey"], []))]
    if wrong:
        error = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Tag or tag value does not exist."}
        return [{"LFTag": tag, "Error": error} for tag in wrong]
    for place in _places(resource):
        _tags(self).setdefault(place, {}).update({tag["TagKey"]: tag["TagValues"][0] for tag in tags})
    return []


def _remove(self: LakeFormationBackend, catalog_id: str, resource: dict[str, Any], tags: list[Any]) -> None:
    for place in _places(resource):
        for tag in tags:
            _tags(self).get(place, {}).pop(tag["TagKey"], None)


def _update(self: LakeFormationBackend, catalog_id: str, tag_key: str, to_delete: list[str], to_add: list[str]) -> None:
    # Source: AWS Lake Formation API reference, UpdateLFTag: a value that a resource has cannot be removed.
    if any(tags.get(tag_key) in (to_delete or []) for tags in _tags(self).values()):
        raise InvalidInput("Update not allowed")
    _UPDATE(self, catalog_id, tag_key, to_delete, to_add)


def _get(self: LakeFormationResponse) -> str:
    resource = self._get_param("Resource")
    found = {place: _tags(self.lakeformation_backend).get(place, {}) for place in _places(resource)}
    if "TableWithColumns" in resource:
        columns = [{"Name": place[-1], "LFTags": _listed(tags)} for place, tags in found.items() if tags]
        return json.dumps({"LFTagsOnColumns": columns})
    ((place, tags),) = found.items()
    return json.dumps({"LFTagOnDatabase" if len(place) == 1 else "LFTagsOnTable": _listed(tags)})


def _key(data: dict[str, Any]) -> _Place:
    return data["DatabaseName"], data["TableName"], data["Name"]


def _create_filter(self: LakeFormationResponse) -> str:
    data = self._get_param("TableData")
    known = _filters(self.lakeformation_backend)
    if _key(data) in known:
        raise AlreadyExists("Data cells filter already exists")
    known[_key(data)] = data
    return "{}"


def _update_filter(self: LakeFormationResponse) -> str:
    data = self._get_param("TableData")
    if _key(data) not in _filters(self.lakeformation_backend):
        raise EntityNotFound
    _filters(self.lakeformation_backend)[_key(data)] = data
    return "{}"


def _delete_filter(self: LakeFormationResponse) -> str:
    given = {name: self._get_param(name) for name in ("DatabaseName", "TableName", "Name")}
    if _filters(self.lakeformation_backend).pop(_key(given), None) is None:
        raise EntityNotFound
    return "{}"


def _list_filters(self: LakeFormationResponse) -> str:
    return json.dumps({"DataCellsFilters": list(_filters(self.lakeformation_backend).values())})


def _list_permissions(self: LakeFormationBackend, **asked: Any) -> list[dict[str, Any]]:
    return [listed for entry in _LIST(self, **asked) for listed in _as_listed(entry)]


def _as_listed(entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """SELECT on a table comes apart, as on all columns of it, and all tables of a database have a name.

    Source: hashicorp/terraform-provider-aws, lakeformation/filter.go.
    """
    if "Table" not in entry["Resource"]:
        yield entry
        return
    table = {"Name": _ALL_TABLES, **entry["Resource"]["Table"]}
    columns = {key: value for key, value in table.items() if key != "TableWildcard"} | {"ColumnWildcard": {}}
    for resource, is_select in (({"Table": table}, False), ({"TableWithColumns": columns}, True)):
        members = ("Permissions", "PermissionsWithGrantOption")
        kept = {member: [p for p in entry[member] if (p == "SELECT") is is_select] for member in members}
        if any(kept.values()):
            yield {**entry, **kept, "Resource": resource}


def _revoke_permissions(
    self: LakeFormationBackend,
    catalog_id: str,
    principal: dict[str, str],
    resource: dict[str, Any],
    **permissions: list[str],
) -> None:
    on = _revocable(resource)
    if not any(held.principal == principal and held.resource == on for held in self.grants[catalog_id].permissions):
        raise InvalidInput(
            "No permissions revoked. Grantee has no permissions and no grantable permissions on resource."
        )
    _REVOKE(self, catalog_id=catalog_id, principal=principal, resource=on, **permissions)


def _revocable(resource: dict[str, Any]) -> dict[str, Any]:
    """What moto knows a permission on; refuses all tables of a database by their name, as Lake Formation does."""
    table = resource.get("Table") or resource.get("TableWithColumns") or {}
    if table.get("Name") == _ALL_TABLES:
        raise InvalidInput("Table name and table wildcard cannot both be present.")
    if "ColumnWildcard" in table:
        return {"Table": {key: value for key, value in table.items() if key != "ColumnWildcard"}}
    return resource


def install() -> None:
    """Replace moto's own functions; a second call changes nothing."""
    LakeFormationBackend.add_lf_tags_to_resource = _add
    LakeFormationBackend.remove_lf_tags_from_resource = _remove
    LakeFormationBackend.update_lf_tag = _update
    LakeFormationBackend.list_permissions = _list_permissions
    LakeFormationBackend.revoke_permissions = _revoke_permissions
    LakeFormationResponse.get_resource_lf_tags = _get
    LakeFormationResponse.create_data_cells_filter = _create_filter
    LakeFormationResponse.update_data_cells_filter = _update_filter
    LakeFormationResponse.delete_data_cells_filter = _delete_filter
    LakeFormationResponse.list_data_cells_filter = _list_filters
    for verb in ("Create", "Update", "Delete"):
        url_paths[f"{{0}}/{verb}DataCellsFilter$"] = LakeFormationResponse.dispatch
