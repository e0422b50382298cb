"""Renders the web pages of a catalog: what each table is, what it is made from, and its state in a lake."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from scripts.documenting.chart import chart
from scripts.looking.tables import description
from scripts.planning.lineage import ROWS, Lineage
from shared.names import Layer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from scripts.looking.tables import TableStatus
    from shared.contracts import Catalog, Table

TEMPLATES = "templates"
# Files that are copied unchanged to the pages' folder.
BESIDE = ("style.css", "page.js")


class Site:
    """The pages of a catalog.

    Args:
        catalog: The contracts.
        statuses: The states of the tables in a lake, by full name; empty without a lake.
        as_of: When those states were read.
    """

    def __init__(self, catalog: Catalog, statuses: Mapping[str, TableStatus], as_of: datetime) -> None:
        self.catalog, self.statuses = catalog, statuses
        self.lineage, self.chart = Lineage(catalog), chart(catalog)
        self.templates = Environment(
            loader=PackageLoader(__package__, TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.globals |= {"as_of": as_of, "has_lake": bool(statuses), "rows": ROWS}

    def pages(self) -> dict[str, str]:
        """Every file of the site, by its name: `index.html`, `<layer>.<table>.html`, and the files that they use."""
        pages = {name: files(__package__).joinpath(TEMPLATES, name).read_text("utf-8") for name in BESIDE}
        pages["index.html"] = self._index()
        return pages | {f"{name}.html": self._table(table) for name, table in self.catalog.tables.items()}

    def write(self, folder: Path) -> int:
        """Write the site to a folder, remove pages of tables that no longer exist, and return the number of files."""
        folder.mkdir(parents=True, exist_ok=True)
        pages = self.pages()
        for stale in {file for layer in Layer for file in folder.glob(f"{layer}.*.html")}:
            if stale.name not in pages:
                stale.unlink()
        for name, text in pages.items():
            (folder / name).write_text(text, encoding="utf-8")
        return len(pages)

    def _index(self) -> str:
        layers = {layer: [t for t in self.catalog.tables.values() if t.name.layer is layer] for layer in Layer}
        ordered = {layer: sorted(tables, key=lambda t: str(t.name)) for layer, tables in layers.items() if tables}
        return self._filled("index.html.j2", layers=ordered, statuses=self.statuses, chart=self.chart, here=None)

    def _table(self, table: Table) -> str:
        name = str(table.name)
        box = next(box for box in self.chart.boxes if box.table == name)
        described = description(table, self.catalog)
        return self._filled(
            "table.html.j2",
            table=table,
            described=described,
            status=self.statuses.get(name),
            facts=_facts(table, described),
            origins=self.lineage.into(name),
            treatments={c.name: str(c.treatment) for c in table.treated},
            query=table.query.sql if table.query and not table.flows else None,
            chart=chart(self.catalog, {name, *box.before, *box.after}),
            here=name,
        )

    def _filled(self, template: str, **facts: object) -> str:
        return self.templates.get_template(template).render(catalog=self.catalog, **facts)


def _facts(table: Table, described: Mapping[str, Any]) -> dict[str, str]:
    """Facts about the table as a whole, as titles and texts; those that are empty are left out."""
    readers = [r.role + (f" (where {r.row_filter})" if r.row_filter else "") for r in table.readers]
    facts = {
        "Status": "retired: it will be dropped" if table.is_retired else "",
        "Key": ", ".join(table.primary_key),
        "Ordered by": ", ".join(table.sequence_by),
        "Written by": str(table.disposition),
        "Source": f"{table.source.system}, {table.source.object}" if table.source else "",
        "Priority": ", then ".join(map(str, table.flows)),
        "Follows its inputs": described["kept"] or "",
        "History": "every version of a key (SCD2)" if table.history else "",
        "Clustered by": ", ".join(table.cluster_by),
        "Fresh within": _span(table.freshness.seconds) if table.freshness else "",
        "Rows go after": described["retention"] or "",
        "Names a person": table.subject or "",
        "Readers": ", ".join(readers),
        "Published": ", ".join(f"{target}: {place}" for target, place in table.targets.items()),
    }
    return {name: value for name, value in facts.items() if value}


def _span(seconds: int) -> str:
    """A span of time in the largest unit of which it is a whole number."""
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
