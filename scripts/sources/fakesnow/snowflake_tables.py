"""Fills the stand-in's tables from one CSV file per table, with the types of tables.sql."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from shared.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fakesnow.instance import FakeSnow

DEFINITIONS = "tables.sql"
FORM = "CREATE OR REPLACE TABLE <database>.<schema>.<table>"
NAME = r'(?:"([^"]+)"|([\w$]+))'
BEGINNING = re.compile(r"\s*CREATE\b.*\bTABLE\b", re.IGNORECASE)
DEFINED = re.compile(rf'\s*CREATE\s+OR\s+REPLACE\s+TABLE\s+{NAME}\.{NAME}\.{NAME}(?![\w$."])', re.IGNORECASE)


class Place(NamedTuple):
    """The full name of a table."""

    database: str
    schema: str
    table: str


def load_tables(snow: FakeSnow, folder: Path) -> dict[str, int]:
    """Replace every table by the rows of `<folder>/<TABLE>.csv`.

    The rows go directly into fakesnow's DuckDB; through its INSERT they would take minutes.

    Returns:
        The rows of each table.

    Raises:
        TerminalError: a file cannot be loaded; the text names it.
    """
    definitions = folder / DEFINITIONS
    places = defined_tables(definitions)
    with _naming(definitions):
        for database, schema in sorted({place[:2] for place in places.values()}):
            connection = snow.connect(database, schema)
        if places:
            connection.execute_string(definitions.read_text(encoding="utf-8"))
    return {file.stem: _fill(snow, file, places) for file in sorted(folder.glob("*.csv"))}


def defined_tables(definitions: Path) -> dict[str, Place]:
    """The tables that a file defines, by their names in capitals.

    Raises:
        TerminalError: a line defines a table in another form, or with a name that another table has.
    """
    found: dict[str, Place] = {}
    for number, line in enumerate(definitions.read_text(encoding="utf-8").splitlines(), start=1):
        if not BEGINNING.match(line):
            continue
        defined = DEFINED.match(line)
        if defined is None:
            raise TerminalError(
                f"{definitions}:{number} does not say where its table stands", given=line.strip(), expected=FORM
            )
        place = Place(*(name for name in defined.groups() if name))
        if place.table.upper() in found:
            raise TerminalError(
                f"{definitions}:{number} has a table of a name that stands above",
                given=".".join(place),
                expected="names that differ in more than their schema, since a CSV file is found by the name alone",
            )
        found[place.table.upper()] = place
    return found


def _fill(snow: FakeSnow, file: Path, places: dict[str, Place]) -> int:
    if file.stem.upper() not in places:
        raise TerminalError(
            f"{file} has rows of a table that {DEFINITIONS} does not define",
            given=file.stem,
            expected="one of " + ", ".join(sorted(places)),
            mend=f"add a line {FORM} to {DEFINITIONS}, name the file after its table, or remove it",
        )
    table = ".".join(f'"{name}"' for name in places[file.stem.upper()])
    source = str(file).replace("'", "''")
    with _naming(file):
        [(rows,)] = snow.duck_conn.execute(
            f"INSERT INTO {table} BY NAME SELECT * FROM read_csv('{source}', header = true, all_varchar = true)"
        ).fetchall()
    return rows


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Turn any error about a file into one line with the file's name, since the last line of the log is reported."""
    try:
        yield
    except Exception as error:
        cause = " ".join(str(error).splitlines()[:3])  # further lines have advice of DuckDB that does not apply here
        raise TerminalError(f"{file} cannot be loaded: {cause}") from error
