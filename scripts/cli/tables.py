"""`lake tables`: the tables of the lake, or everything about one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from scripts.cli.output import (
    WIDE,
    Head,
    console,
    count,
    grid,
    minute,
    print_json,
    run_name,
    show,
    size,
)
from scripts.cli.request import looks_at_a_lake

if TYPE_CHECKING:
    from scripts.looking.lake import Lake
    from scripts.looking.tables import TableStatus


@click.command()
@click.argument("table", required=False)
@looks_at_a_lake
def command(lake: Lake, table: str | None, as_json: bool) -> None:
    """Show every table and its size, or all about one TABLE.

    Rows come from Delta's statistics, so that no row is read. Tables that are not there yet are shown as such.
    """
    from scripts.looking.published import published
    from scripts.looking.tables import all_statuses, description, status
    from shared.contracts import load_catalog

    catalog = load_catalog()
    if table is None:
        found = all_statuses(lake, catalog)
        print_json(map(asdict, found)) if as_json else _print_all(found)
        return
    contract = catalog.table(table)
    here, described = status(lake, contract), description(contract, catalog)
    described["published"] = [asdict(place) for place in published(lake, contract)]
    print_json([asdict(here) | described]) if as_json else _print_one(here, described)


def _print_all(found: list[TableStatus]) -> None:
    out = console()
    wide = out.width >= WIDE
    heads = [
        Head("table"),
        *([Head("kind")] if wide else []),
        Head("version" if wide else "ver", right=True),
        Head("rows", right=True),
        Head("files", right=True),
        Head("size", right=True),
        Head("written (UTC)"),
        Head("last run", shrinks=True),
        Head("batch", right=True),
        Head("quarantined", right=True),
    ]
    rows = [
        [
            t.table,
            *([t.kind] if wide else []),
            t.version,
            count(t.rows),
            count(t.files),
            size(t.bytes),
            minute(t.written_at) or "not there yet",
            run_name(t.last_run, out),
            t.sequence,
            count(t.quarantined),
        ]
        for t in found
    ]
    out.print(grid(heads, rows))


def _print_one(here: TableStatus, described: dict[str, Any]) -> None:
    out = console()
    out.print(f"{here.table}, {here.kind}: {described['grain']}", style="bold")
    out.print(described["description"])
    out.print()
    out.print(grid([Head(""), Head("", wraps=True)], _facts(here, described)), "")
    heads = [Head("column"), Head("type"), Head("", shrinks=True), Head("made of", wraps=True)]
    heads += [Head("description", wraps=True)]
    out.print(grid(heads, [[*_column(c), c["logic"] or "", c["description"]] for c in described["columns"]]), "")
    heads = [Head("rule"), Head("on"), Head("severity"), Head("expectation", wraps=True)]
    out.print(grid(heads, [[r["rule"], r["on"], r["severity"], r["expectation"]] for r in described["rules"]]))


def _facts(here: TableStatus, described: dict[str, Any]) -> list[tuple[str, str]]:
    facts = {
        "version": "not there yet" if here.version is None else f"{here.version}, {show(here.written_at)} UTC",
        "rows": count(here.rows),
        "files": here.files and f"{here.files:,}, {size(here.bytes)}",
        "last run": here.last_run and f"{here.last_run}, batch {here.sequence}",
        "quarantined": count(here.quarantined),
        "source": described["source"],
        "inputs": ", ".join(described["inputs"]),
        "key": ", ".join(described["primary_key"]),
        "ordered by": ", ".join(described["sequence_by"]),
        "written by": described["write_disposition"],
        "kept": described["kept"],
        "rows go after": described["retention"],
        "published": ", ".join(map(_published, described["published"])),
    }
    return [(name, value) for name, value in facts.items() if value]


def _published(place: dict[str, Any]) -> str:
    upto = "nothing yet" if place["version"] is None else f"version {place['version']}"
    return f"to {place['target']} as {place['place']}, {upto}"


def _column(column: dict[str, Any]) -> list[str]:
    marks = [
        f"key {column['key']}" if column["key"] else "required" if column["required"] else "",
        f"of {column['parent']}" if column["parent"] else "",
        column["classification"] or "",
    ]
    return [column["column"], column["type"], ", ".join(mark for mark in marks if mark)]
