"""Whose data a table holds: from the tables whose key names a person, along the contracts, to every table of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.contracts.column import REFERS_TO
from shared.contracts.document import TABLE, read_document
from shared.contracts.model import Kind
from shared.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.contracts.catalog import Catalog
    from shared.contracts.column import Column
    from shared.contracts.document import Document
    from shared.contracts.model import Table

SUBJECT = "subject"
SUFFIX = "_id"


@dataclass(frozen=True)
class Reach:
    """Rows of `table` whose `column` is among the values of `keys_column` in rows of `keys` that were found before.

    With an `image`, `table` is the bronze table whose rows become rows of that one, and `column` is a column of it.
    """

    table: Table
    column: Column
    keys: Table
    keys_column: str
    image: Table | None = None

    @property
    def known_as(self) -> Table:
        """The table by whose columns others point to these rows."""
        return self.image or self.table

    @property
    def is_root(self) -> bool:
        """Whether the rows are found by the key that a request names."""
        return self.keys.name == self.known_as.name

    def expression(self, name: str) -> str:
        """What makes the value of a column of `known_as` out of a row of `table`."""
        logic = next(c.logic for c in self.known_as.columns if c.name == name) if self.image else None
        return logic or f"`{name}`"


def compile_subject(
    document: Document, custom: Mapping[str, Any], columns: tuple[Column, ...], key: tuple[str, ...]
) -> str | None:
    """Read `subject`: the table's key, if it names a person.

    Raises:
        ContractError: it is another column than the table's one key, or one whose values are treated.
    """
    given = custom.get(SUBJECT)
    is_clear = all(c.treatment is None for c in columns if c.name == given)
    if given is None or (key == (given,) and is_clear):
        return given
    raise document.error(
        f"{SUBJECT} is not the table's key" if is_clear else f"{SUBJECT} is treated, and nobody could ask for it",
        document.at_custom(SUBJECT),
        given=str(given),
        expected=f"the key, if it is one column that is not treated: {', '.join(key)}",
    )


def subjects(catalog: Catalog) -> dict[str, list[Table]]:
    """The tables whose key names a person, by what a request calls the person: `customer_id` is a customer."""
    found: dict[str, list[Table]] = {}
    for table in catalog.tables.values():
        if table.subject:
            found.setdefault(table.subject.removesuffix(SUFFIX), []).append(table)
    return found


def reaches(catalog: Catalog, kind: str) -> list[Reach]:
    """Every place where rows of a person are, each after all that its keys come from.

    From the subject's tables the way goes down foreign keys and `refersTo`, to built tables that have a key's very
    name, and from each refined table to its bronze input.

    Raises:
        UnknownNameError: no contract says who such a person is.
    """
    known = subjects(catalog)
    if kind not in known:
        raise UnknownNameError("kind of subject", kind, sorted(known))
    roots = {str(t.name): t for t in known[kind]}
    found: list[Reach] = [Reach(t, _column(t, t.primary_key[0]), t, t.primary_key[0]) for t in roots.values()]
    for keys in _in_order(catalog, roots):
        reached = {str(way.table.name) for way in found}
        found += [way for way in _declared(catalog, keys) if str(way.table.name) not in roots]
        found += [way for way in _namesakes(catalog, keys) if str(way.table.name) not in reached]
    return [way for reach in found for way in (*_in_bronze(catalog, reach), reach)]


def check_subjects(catalog: Catalog) -> None:
    """Check that an erasure reaches the landed rows behind every row of a person.

    Raises:
        ContractError: a query makes a person's rows of those of a bronze table, and no column there leads to them.
    """
    for kind in subjects(catalog):
        ways = reaches(catalog, kind)
        reached = {way.table.name for way in ways}
        for way in ways:
            if way.table.kind is Kind.REFINED and way.table.query and way.table.inputs[0] not in reached:
                source = catalog.table(str(way.table.inputs[0]))
                raise read_document(source.file).error(
                    f"an erasure of a {kind} would leave their rows here",
                    TABLE,
                    given=f"{way.table.name}, which a query makes of these rows",
                    expected=f"a column with the custom property {REFERS_TO}",
                    mend=f"write {REFERS_TO}: {way.keys.name}.{way.keys_column} on the column that holds its values",
                )


def _in_order(catalog: Catalog, roots: Mapping[str, Table]) -> list[Table]:
    """The tables on the way from some roots, each after those that point the way to it."""
    order: list[Table] = []
    seen: set[str] = set()

    def visit(table: Table) -> None:
        if str(table.name) not in seen:
            seen.add(str(table.name))
            for way in _declared(catalog, table):
                visit(way.table)
            order.insert(0, table)

    for root in roots.values():
        visit(root)
    return order


def _declared(catalog: Catalog, keys: Table) -> Iterator[Reach]:
    """The ways from a table to the columns that say they hold its values."""
    for table in catalog.tables.values():
        for column in table.columns:
            for other in (*column.refers_to, *([column.parent] if column.parent else [])):
                if other.table == keys.name != table.name:
                    yield Reach(table, column, keys, other.column)


def _namesakes(catalog: Catalog, keys: Table) -> Iterator[Reach]:
    """The ways from a table to built tables that have a column of its key's very name."""
    if keys.kind is not Kind.REFINED or len(keys.primary_key) != 1:
        return
    [key] = keys.primary_key
    for table in catalog.tables.values():
        if table.kind is Kind.BUILT and key in table.column_names:
            yield Reach(table, _column(table, key), keys, key)


def _column(table: Table, name: str) -> Column:
    return next(c for c in table.columns if c.name == name)


def _in_bronze(catalog: Catalog, reach: Reach) -> list[Reach]:
    """The bronze rows that refined rows are images of; not those that a row-local query makes many of."""
    if reach.table.kind is not Kind.REFINED or reach.table.query is not None:
        return []
    source = catalog.table(str(reach.table.inputs[0]))
    return [Reach(source, reach.column, reach.keys, reach.keys_column, image=reach.table)]
