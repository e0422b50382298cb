"""The rooms of the jobs stand on `runtime` and on each other in one direction."""

import ast
import graphlib
from pathlib import Path

import pytest

from scripts.setup import paths
from tests.architecture.wings import python_files

JOBS = "jobs"


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


def test_circle_is_found():
    files = {Path("jobs/a/x.py"): "from jobs.b.y import f", Path("jobs/b/y.py"): "def f():\n    from jobs.a.z import g"}
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(imports_among_rooms(files)).prepare()
