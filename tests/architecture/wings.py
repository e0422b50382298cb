"""Reads the repository's Python as syntax, so that its shape can be judged without running any of it."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from scripts.repository_files import repository_files
from scripts.setup import paths
from shared.names import Layer

WINGS = ("infra", "jobs", "lambdas")
OURS = (*WINGS, "shared", "scripts", "tests")

# The dependency groups of pyproject.toml a room may draw on, beside the project's own dependencies.
GROUPS = {
    "shared": (),
    "jobs": ("jobs", "spark"),
    "lambdas": ("lambdas",),
    "infra": ("infra",),
    "tables": ("spark",),
}


def python_files(*rooms: str) -> list[Path]:
    """Return the Python files under the named top-level rooms, relative to the root."""
    files = (file.relative_to(paths.ROOT) for file in repository_files(".py"))
    return [file for file in files if file.parts[0] in rooms]


def room_of(file: Path) -> str:
    """Return the room whose imports a file may have; Python beside a contract may have Spark."""
    is_of_a_table = file.parent.parent == Path("shared/contracts") and file.parent.name in set(Layer)
    return "tables" if is_of_a_table else file.parts[0]


def top_level_imports(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and first name of every import, those inside functions too; `from . import x` stays in its room."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.partition(".")[0]


def modules_imported_to_run(source: str) -> set[str]:
    """Return the whole names of the modules that a file imports, but for those that the type checker alone sees."""
    unseen = _lines_for_the_type_checker(source)
    nodes = [node for node in ast.walk(ast.parse(source)) if getattr(node, "lineno", None) not in unseen]
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {str(n.module) for n in froms} | {f"{n.module}.{alias.name}" for n in froms for alias in n.names}


def forbidden_imports(source: str, room: str) -> list[str]:
    """Return `line: name` for each import of ours or of a library that a room may not have.

    A room may import itself, `shared`, the standard library, and what its dependency groups bring in; for the type
    checker alone, whatever library there is.
    """
    allowed = {room, "shared"} | set(sys.stdlib_module_names) | _modules_of(room)
    unseen = _lines_for_the_type_checker(source)
    return [
        f"{line}: {name}"
        for line, name in top_level_imports(source)
        if name not in allowed and (name in OURS or line not in unseen)
    ]


def _lines_for_the_type_checker(source: str) -> set[int]:
    guarded = [
        statement
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
    ]
    return {line for statement in guarded for line in range(statement.lineno, (statement.end_lineno or 0) + 1)}


@cache
def _modules_of(room: str) -> set[str]:
    distributions = _closure(_declared(room))
    return {
        module
        for module, providers in packages_distributions().items()
        if any(_normal(provider) in distributions for provider in providers) and module not in OURS
    }


def _declared(room: str) -> list[str]:
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [project["dependency-groups"][group] for group in GROUPS[room]]
    return [_name(line) for lines in (project["project"]["dependencies"], *groups) for line in lines]


def _closure(names: list[str]) -> set[str]:
    """Return the distributions and all they require, extras left out."""
    known: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in known:
            continue
        known.add(name)
        try:
            lines = requires(name) or []
        except PackageNotFoundError:
            # Required on another platform only.
            continue
        waiting += [_name(line) for line in lines if "extra ==" not in line]
    return known


def _name(requirement: str) -> str:
    end = next((i for i, letter in enumerate(requirement) if not (letter.isalnum() or letter in "-_.")), None)
    return _normal(requirement[:end])


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
