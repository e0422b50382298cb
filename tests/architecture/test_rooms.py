"""The rooms of the jobs stand on `runtime` and on each other in one direction, and no source system on another."""

import ast
import graphlib
from pathlib import Path

import pytest

from scripts.setup import paths
from tests.architecture.wings import python_files

JOBS = "jobs"
# What a reader of any system may read its rows by.
FORMATS = "formats"


def imports_among_rooms(files: dict[Path, str]) -> dict[str, set[str]]:
    """The rooms that each room imports, also for its types alone."""
    found: dict[str, set[str]] = {}
    for file, text in files.items():
        wing, room, *rest = file.parts
        imported = {n.module for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ImportFrom) and n.module}
        rooms = {m.split(".")[1] for m in imported if m.startswith(f"{wing}.") and m.count(".") > 1}
        if rest:
            found.setdefault(room, set()).update(rooms - {room})
    return found


def test_rooms_of_the_jobs_import_each_other_in_no_circle():
    rooms = imports_among_rooms({f: (paths.ROOT / f).read_text(encoding="utf-8") for f in python_files(JOBS)})
    assert set() == rooms["runtime"]
    assert {"ingest", "refine"} <= set(graphlib.TopologicalSorter(rooms).static_order())


def systems_imported_by_systems(files: dict[Path, str]) -> dict[str, set[str]]:
    """What the room of each source system imports of the others' rooms."""
    systems = {file.parts[2] for file in files if file.parts[1] == "ingest" and len(file.parts) > 3} - {FORMATS}
    found: dict[str, set[str]] = {}
    for file, text in files.items():
        if file.parts[1] != "ingest" or file.parts[2] not in systems:
            continue
        names = [n.module.split(".") for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ImportFrom) and n.module]
        imported = {name[2] for name in names if name[:2] == [JOBS, "ingest"] and len(name) > 2}
        found.setdefault(file.parts[2], set()).update(imported & systems - {file.parts[2]})
    return found


def test_reader_of_a_system_stands_on_no_other_systems_reader():
    found = systems_imported_by_systems({f: (paths.ROOT / f).read_text(encoding="utf-8") for f in python_files(JOBS)})
    assert {s: set() for s in ("files", "kafka", "redshift", "salesforce", "snowflake")} == found


def test_system_that_imports_another_is_found():
    files = {
        Path("jobs/ingest/a/x.py"): "from jobs.ingest.formats.z import h\nfrom jobs.ingest.b.y import f",
        Path("jobs/ingest/b/y.py"): "from jobs.ingest.reading_schema import g",
        Path("jobs/ingest/formats/z.py"): "",
    }
    assert {"a": {"b"}, "b": set()} == systems_imported_by_systems(files)


def test_circle_is_found():
    files = {Path("jobs/a/x.py"): "from jobs.b.y import f", Path("jobs/b/y.py"): "def f():\n    from jobs.a.z import g"}
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(imports_among_rooms(files)).prepare()
