"""The steps from what Lake Formation says now to what the contracts say, in an order that opens nothing on the way.

After every step, what a role sees was visible before, or is visible in the end; and what it sees before and in the end
it sees all the time, unless it saw it by what the first step revokes. So a run that is cut off anywhere has opened
nothing, and the next one goes on from there:

0. the account's default by which IAM alone opens new tables is taken away, where it is to be;
1. what somebody granted by tags beside the templates is revoked: any tag that is set later might open something by it;
2. columns and tables that are too open are closed;
3. filters are made and granted;
4. roles are let in by tag, then roles are shut out by tag: of tables, of columns that carry one, of whole databases;
5. columns that are too closed are opened;
6. what nobody asked for is revoked, and filters that no grant needs are removed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from shared.governance.access import READS, STRICTEST, Classification, RowFilter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.governance.access import LakeAccess, TableAccess


class Place(NamedTuple):
    """A table; without a table's name, a database."""

    database: str
    table: str = ""

    def __str__(self) -> str:
        return ".".join(part for part in self if part)


NEW = Place("what is made from now on")


@dataclass(frozen=True, kw_only=True)
class CloseNewTables:
    """Take away the account's default by which IAM alone opens new databases and tables."""

    place: Place = NEW


@dataclass(frozen=True, kw_only=True)
class SetTag:
    """Give a database, a table, or some columns of it a value of a tag, in place of the one it had."""

    place: Place
    key: str
    value: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RemoveTag:
    """Take a tag off a database, a table, or some columns of it."""

    place: Place
    key: str
    value: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MakeFilter:
    """Make a data cells filter, or put one that was changed by hand right."""

    place: Place
    row_filter: RowFilter


@dataclass(frozen=True, kw_only=True)
class GrantFilter:
    """Let a role read through a filter."""

    place: Place
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
    """Take a grant back; one that goes by tags may open a table `everywhere`."""

    grant: Grant
    everywhere: bool = False


@dataclass(frozen=True, kw_only=True)
class RemoveFilter:
    """Remove a data cells filter."""

    place: Place
    name: str


Change = CloseNewTables | SetTag | RemoveTag | MakeFilter | GrantFilter | Revoke | RemoveFilter


@dataclass(frozen=True, kw_only=True)
class TableState:
    """What Lake Formation says of one table. Tags are those put on it itself, none that it inherits.

    `columns` are the classifications of columns; `roles_on_columns` the tags of roles that columns carry, with the
    columns: hands put them there, since a role reads tables.
    """

    tags: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    roles_on_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    filters: dict[str, RowFilter] = field(default_factory=dict)
    granted: frozenset[tuple[str, str]] = frozenset()
    strays: tuple[Grant, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LakeState:
    """What Lake Formation says of the lake. Nobody asked for `strays`, nor, of grants by tag, for `strays_by_tag`.

    `opens_new_tables` says whether IAM alone opens what is made from now on.
    """

    database_tags: dict[str, dict[str, str]]
    tables: dict[Place, TableState]
    strays: tuple[Grant, ...] = ()
    strays_by_tag: tuple[Grant, ...] = ()
    opens_new_tables: bool = False


def changes(now: LakeState, wanted: LakeAccess) -> list[Change]:
    """The steps, in their order; none when everything is as the contracts say."""
    pairs = [(table, now.tables[Place(table.database, table.table)]) for table in wanted.tables]
    key = wanted.classification_key
    inherited = {d: _class(now.database_tags.get(d, {}).get(key)) for d in wanted.databases}
    return [
        *([CloseNewTables()] if now.opens_new_tables and wanted.closes_new_tables else []),
        *(Revoke(grant=grant, everywhere=True) for grant in now.strays_by_tag),
        *(step for table, state in pairs for step in _close(table, state, inherited[table.database], key)),
        *(
            SetTag(place=Place(database), key=key, value=STRICTEST)
            for database, found in inherited.items()
            if found is not STRICTEST
        ),
        *(step for table, state in pairs for step in _let_through(table, state)),
        *(step for table, state in pairs for step in _let_in(table, state, wanted)),
        *(step for table, state in pairs for step in _shut_out(table, state, wanted)),
        *(step for database in wanted.databases for step in _shut_out_of_all(database, now, wanted)),
        # A database without the tag shows nothing; with it, what is restricted to those who are cleared for that.
        *(
            SetTag(place=Place(database), key=key, value=STRICTEST)
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
    """Close columns that are too open. One that only inherits gets its own value before what it inherits is closed."""
    place = Place(table.database, table.table)
    inherited = _class(state.tags.get(key), database)
    changed = {}
    for column, wanted in table.columns.items():
        own = state.columns.get(column)
        found = _class(own, inherited)
        stricter = max(found, wanted, key=lambda c: c.rank)
        if stricter is not found or (own is None and inherited is not STRICTEST):
            changed[column] = stricter
    yield from _tag_columns(place, key, changed)
    if state.tags.get(key) not in {None, STRICTEST}:
        yield SetTag(place=place, key=key, value=STRICTEST)


def _open(table: TableAccess, state: TableState, database: Classification, key: str) -> Iterator[Change]:
    inherited = _class(state.tags.get(key), database)
    found = {column: _class(state.columns.get(column), inherited) for column in table.columns}
    wider = {column: wanted for column, wanted in table.columns.items() if wanted.rank < found[column].rank}
    yield from _tag_columns(Place(table.database, table.table), key, wider)


def _tag_columns(place: Place, key: str, wanted: dict[str, Classification]) -> Iterator[Change]:
    for value in Classification:
        columns = tuple(column for column, classification in wanted.items() if classification is value)
        if columns:
            yield SetTag(place=place, key=key, value=value, columns=columns)


def _let_through(table: TableAccess, state: TableState) -> Iterator[Change]:
    place = Place(table.database, table.table)
    for row_filter in table.filters:
        if state.filters.get(row_filter.name) != row_filter:
            yield MakeFilter(place=place, row_filter=row_filter)
        if (row_filter.role, row_filter.name) not in state.granted:
            yield GrantFilter(place=place, role=row_filter.role, name=row_filter.name)


def _let_in(table: TableAccess, state: TableState, wanted: LakeAccess) -> Iterator[Change]:
    tags = {wanted.domain_key: table.domain, **{wanted.role_key(role): READS for role in table.readers}}
    for key, value in tags.items():
        if state.tags.get(key) != value:
            yield SetTag(place=Place(table.database, table.table), key=key, value=value)


def _shut_out(table: TableAccess, state: TableState, wanted: LakeAccess) -> Iterator[Change]:
    place = Place(table.database, table.table)
    prefix, readers = wanted.role_key(""), {wanted.role_key(role) for role in table.readers}
    for key, columns in state.roles_on_columns.items():
        yield RemoveTag(place=place, key=key, value=READS, columns=columns)
    for key, value in state.tags.items():
        if key.startswith(prefix) and key not in readers:
            yield RemoveTag(place=place, key=key, value=value)


def _shut_out_of_all(database: str, now: LakeState, wanted: LakeAccess) -> Iterator[Change]:
    """Take the tags of roles off a database: they would let a role into every table of it, new ones too."""
    for key, value in now.database_tags.get(database, {}).items():
        if key.startswith(wanted.role_key("")):
            yield RemoveTag(place=Place(database), key=key, value=value)


def _clear(table: TableAccess, state: TableState) -> Iterator[Change]:
    needed = {row_filter.name for row_filter in table.filters}
    yield from (Revoke(grant=grant) for grant in state.strays)
    for name in sorted(state.filters):
        if name not in needed:
            yield RemoveFilter(place=Place(table.database, table.table), name=name)
