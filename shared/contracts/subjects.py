"""Derives from the contracts where rows of a person are, starting at the tables whose key names a person."""

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
class SearchStep:
    """One step of the search for a person: from rows that were found to rows of another table with their values.

    Attributes:
        table: The table in which rows are searched.
        column: The column in which a row of the person has a known value: one of `table` or, if there is one, `image`.
        via: The table whose rows, found before, have these values; `table` or `image` itself at the start of a search.
        via_column: Its column with the values.
        image: If `table` is in bronze, the refined table that its rows become rows of; else None.
    """

    table: Table
    column: Column
    via: Table
    via_column: str
    image: Table | None = None

    @property
    def key_holder(self) -> Table:
        """The table by whose columns others refer to these rows."""
        return self.image or self.table

    @property
    def is_root(self) -> bool:
        """Whether the step starts a search: it finds rows by the key that a request names."""
        return self.via.name == self.key_holder.name

    def expression(self, name: str) -> str:
        """The SQL expression that makes a column of `key_holder` from a row of `table`."""
        logic = next(c.logic for c in self.key_holder.columns if c.name == name) if self.image else None
        return logic or f"`{name}`"


def compile_subject(
    document: Document, custom: Mapping[str, Any], columns: tuple[Column, ...], key: tuple[str, ...]
) -> str | None:
    """Read `subject`: the table's key, if it names a person.

    Raises:
        ContractError: it is not the table's only key column, or its values are treated.
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


def search_steps(catalog: Catalog, kind: str) -> list[SearchStep]:
    """The steps of the search for a person, each after those that find its values.

    From the tables whose key names such a person, the search follows foreign keys and `refersTo`, then goes to built
    tables with a column of the same name as a key, and from each refined table to its bronze input.

    Raises:
        UnknownNameError: no contract has this kind of person as its subject.
    """
    known = subjects(catalog)
    if kind not in known:
        raise UnknownNameError("kind of subject", kind, sorted(known))
    roots = {str(t.name): t for t in known[kind]}
    found = [SearchStep(t, _column(t, t.primary_key[0]), t, t.primary_key[0]) for t in roots.values()]
    for via in _in_order(catalog, roots):
        reached = {str(step.table.name) for step in found}
        found += [step for step in _declared(catalog, via) if str(step.table.name) not in roots]
        found += [step for step in _namesakes(catalog, via) if str(step.table.name) not in reached]
    return [step for last in found for step in (*_in_bronze(catalog, last), last)]


def check_subjects(catalog: Catalog) -> None:
    """Check that an erasure finds the landed rows that every row of a person is made of.

    Raises:
        ContractError: a query makes rows of a person from a bronze table, and no column of that table leads to them.
    """
    for kind in subjects(catalog):
        steps = search_steps(catalog, kind)
        reached = {step.table.name for step in steps}
        for step in steps:
            if step.table.kind is Kind.REFINED and step.table.query and step.table.inputs[0] not in reached:
                source = catalog.table(str(step.table.inputs[0]))
                raise read_document(source.file).error(
                    f"an erasure of a {kind} would leave their rows here",
                    TABLE,
                    given=f"{step.table.name}, which a query makes of these rows",
                    expected=f"a column with the custom property {REFERS_TO}",
                    mend=f"write {REFERS_TO}: {step.via.name}.{step.via_column} on the column that holds its values",
                )


def _in_order(catalog: Catalog, roots: Mapping[str, Table]) -> list[Table]:
    """The tables that declared references lead to from some roots, each after those that lead to it."""
    order: list[Table] = []
    seen: set[str] = set()

    def visit(table: Table) -> None:
        if str(table.name) not in seen:
            seen.add(str(table.name))
            for step in _declared(catalog, table):
                visit(step.table)
            order.insert(0, table)

    for root in roots.values():
        visit(root)
    return order


def _declared(catalog: Catalog, via: Table) -> Iterator[SearchStep]:
    """The steps from a table to the columns that are declared to hold its values."""
    for table in catalog.tables.values():
        for column in table.columns:
            for other in (*column.refers_to, *([column.parent] if column.parent else [])):
                if other.table == via.name != table.name:
                    yield SearchStep(table, column, via, other.column)


def _namesakes(catalog: Catalog, via: Table) -> Iterator[SearchStep]:
    """The steps from a refined table to built tables with a column of the same name as its one key column."""
    if via.kind is not Kind.REFINED or len(via.primary_key) != 1:
        return
    [key] = via.primary_key
    for table in catalog.tables.values():
        if table.kind is Kind.BUILT and key in table.column_names:
            yield SearchStep(table, _column(table, key), via, key)


def _column(table: Table, name: str) -> Column:
    return next(c for c in table.columns if c.name == name)


def _in_bronze(catalog: Catalog, step: SearchStep) -> list[SearchStep]:
    """The same step in the bronze table that a refined table is made of; none if a query makes the refined rows."""
    if step.table.kind is not Kind.REFINED or step.table.query is not None:
        return []
    source = catalog.table(str(step.table.inputs[0]))
    return [SearchStep(source, step.column, step.via, step.via_column, image=step.table)]
