"""The changes that bring Lake Formation to what the contracts say, in an order that opens nothing on the way.

After every change, a role sees only what it saw before or will see in the end; and what it sees both before and in the
end it sees throughout, unless it saw it through a grant that step 1 revokes. So a run that is interrupted anywhere has
opened nothing, and the next one continues from there:

0. the account's default by which IAM alone opens new tables is removed, if that is wanted;
1. grants by tags that no template made are revoked: any tag that is set later might open something through them;
2. columns and tables that are too open are closed;
3. filters are made and granted;
4. tags that let roles in are set on tables, then those of other roles are removed from tables, columns and databases;
5. columns that are too closed are opened;
6. other grants that nobody wants are revoked, and filters that no role needs are removed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from shared.governance.access import READS, STRICTEST, Classification, RowFilter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.governance.access import LakeAccess, TableAccess


class Resource(NamedTuple):
    """A table of the Glue catalog; without a table's name, a database."""

    database: str
    table: str = ""

    def __str__(self) -> str:
        return ".".join(part for part in self if part)


NEW = Resource("what is made from now on")


@dataclass(frozen=True, kw_only=True)
class CloseNewTables:
    """Remove the account's default by which IAM alone opens new databases and tables."""

    resource: Resource = NEW


@dataclass(frozen=True, kw_only=True)
class SetTags:
    """Set tags, each with its value, on a database, a table or some columns of it, in place of their values there."""

    resource: Resource
    tags: dict[str, str]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RemoveTag:
    """Remove a tag from a database, a table or some columns of it."""

    resource: Resource
    key: str
    value: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MakeFilter:
    """Make a data cells filter, or correct one that was changed by hand."""

    resource: Resource
    row_filter: RowFilter


@dataclass(frozen=True, kw_only=True)
class GrantFilter:
    """Let a role read through a filter."""

    resource: Resource
    role: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A permission on a named resource, as Lake Formation lists it; `principal` is an ARN or a group's name."""

    principal: str
    resource: str
    permissions: tuple[str, ...]
    grantable: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Revoke:
    """Revoke a grant; one by tags may have opened tables `everywhere`, in any database of the lake."""

    grant: Grant
    everywhere: bool = False


@dataclass(frozen=True, kw_only=True)
class RemoveFilter:
    """Remove a data cells filter."""

    resource: Resource
    name: str


Change = CloseNewTables | SetTags | RemoveTag | MakeFilter | GrantFilter | Revoke | RemoveFilter


@dataclass(frozen=True, kw_only=True)
class TableState:
    """The state of one table in Lake Formation; its own tags, without inherited ones.

    `columns` are the classifications of columns with one of their own; `roles_on_columns` are tags of roles on columns,
    which somebody set by hand, since roles read tables. `granted` has pairs of a role and the filter it may read
    through, `strays` the grants that nobody wants.
    """

    tags: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    roles_on_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    filters: dict[str, RowFilter] = field(default_factory=dict)
    granted: frozenset[tuple[str, str]] = frozenset()
    strays: tuple[Grant, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LakeState:
    """The state of the lake in Lake Formation.

    `strays` are grants that nobody wants on databases and on tables without a contract, `strays_by_tag` grants by tags
    of the lake that no template made. With `opens_new_tables`, IAM alone opens new databases and tables.
    """

    database_tags: dict[str, dict[str, str]]
    tables: dict[Resource, TableState]
    strays: tuple[Grant, ...] = ()
    strays_by_tag: tuple[Grant, ...] = ()
    opens_new_tables: bool = False


def changes(now: LakeState, wanted: LakeAccess) -> list[Change]:
    """The changes to make, in their order; none if everything is as the contracts say."""
    pairs = [(table, now.tables[Resource(table.database, table.table)]) for table in wanted.tables]
    key = wanted.classification_key
    inherited = {d: _class(now.database_tags.get(d, {}).get(key)) for d in wanted.databases}
    return [
        *([CloseNewTables()] if now.opens_new_tables and wanted.closes_new_tables else []),
        *(Revoke(grant=grant, everywhere=True) for grant in now.strays_by_tag),
        *(step for table, state in pairs for step in _close(table, state, inherited[table.database], key)),
        *(
            SetTags(resource=Resource(database), tags={key: STRICTEST})
            for database, found in inherited.items()
            if found is not STRICTEST
        ),
        *(step for table, state in pairs for step in _let_through(table, state)),
        *(step for table, state in pairs for step in _let_in(table, state, wanted)),
        *(step for table, state in pairs for step in _shut_out(table, state, wanted)),
        *(step for database in wanted.databases for step in _shut_out_of_all(database, now, wanted)),
        # A database without the tag shows nothing; with it, what is restricted to those who are cleared for that.
        *(
            SetTags(resource=Resource(database), tags={key: STRICTEST})
            for database in wanted.databases
            if key not in now.database_tags.get(database, {})
        ),
        *(step for table, state in pairs for step in _open(table, state, inherited[table.database], key)),
        *(Revoke(grant=grant) for grant in now.strays),
        *(step for table, state in pairs for step in _clear(table, state)),
    ]


def _class(value: str | None, otherwise: Classification = STRICTEST) -> Classification:
    return Classification(value) if value in set(Classification) else otherwise


def _close(table: TableAccess, state: TableState, database: Classification, key: str) -> Iterator[Change]:
    """Close columns that are too open. One that inherits its value gets its own before the inherited one is closed."""
    resource = Resource(table.database, table.table)
    inherited = _class(state.tags.get(key), database)
    changed = {}
    for column, wanted in table.columns.items():
        own = state.columns.get(column)
        found = _class(own, inherited)
        stricter = max(found, wanted, key=lambda c: c.rank)
        if stricter is not found or (own is None and inherited is not STRICTEST):
            changed[column] = stricter
    yield from _tag_columns(resource, key, changed)
    if state.tags.get(key) not in {None, STRICTEST}:
        yield SetTags(resource=resource, tags={key: STRICTEST})


def _open(table: TableAccess, state: TableState, database: Classification, key: str) -> Iterator[Change]:
    inherited = _class(state.tags.get(key), database)
    found = {column: _class(state.columns.get(column), inherited) for column in table.columns}
    wider = {column: wanted for column, wanted in table.columns.items() if wanted.rank < found[column].rank}
    yield from _tag_columns(Resource(table.database, table.table), key, wider)


def _tag_columns(resource: Resource, key: str, wanted: dict[str, Classification]) -> Iterator[Change]:
    for value in Classification:
        columns = tuple(column for column, classification in wanted.items() if classification is value)
        if columns:
            yield SetTags(resource=resource, tags={key: value}, columns=columns)


def _let_through(table: TableAccess, state: TableState) -> Iterator[Change]:
    resource = Resource(table.database, table.table)
    for row_filter in table.filters:
        if state.filters.get(row_filter.name) != row_filter:
            yield MakeFilter(resource=resource, row_filter=row_filter)
        if (row_filter.role, row_filter.name) not in state.granted:
            yield GrantFilter(resource=resource, role=row_filter.role, name=row_filter.name)


def _let_in(table: TableAccess, state: TableState, wanted: LakeAccess) -> Iterator[Change]:
    tags = {wanted.domain_key: table.domain, **{wanted.role_key(role): READS for role in table.readers}}
    if missing := {key: value for key, value in tags.items() if state.tags.get(key) != value}:
        yield SetTags(resource=Resource(table.database, table.table), tags=missing)


def _shut_out(table: TableAccess, state: TableState, wanted: LakeAccess) -> Iterator[Change]:
    resource = Resource(table.database, table.table)
    prefix, readers = wanted.role_key(""), {wanted.role_key(role) for role in table.readers}
    for key, columns in state.roles_on_columns.items():
        yield RemoveTag(resource=resource, key=key, value=READS, columns=columns)
    for key, value in state.tags.items():
        if key.startswith(prefix) and key not in readers:
            yield RemoveTag(resource=resource, key=key, value=value)


def _shut_out_of_all(database: str, now: LakeState, wanted: LakeAccess) -> Iterator[Change]:
    """Remove the tags of roles from a database: they would let a role into every table of it, new ones too."""
    for key, value in now.database_tags.get(database, {}).items():
        if key.startswith(wanted.role_key("")):
            yield RemoveTag(resource=Resource(database), key=key, value=value)


def _clear(table: TableAccess, state: TableState) -> Iterator[Change]:
    needed = {row_filter.name for row_filter in table.filters}
    yield from (Revoke(grant=grant) for grant in state.strays)
    for name in sorted(state.filters):
        if name not in needed:
            yield RemoveFilter(resource=Resource(table.database, table.table), name=name)
