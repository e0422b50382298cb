"""`lake check`: checks everything that the main branch requires of a change, except the tests."""

import subprocess
import sys
import time
from collections.abc import Callable

import click

from scripts.parse_files import unreadable_files
from scripts.setup import paths

# Returns its failures; an empty list is green.
Check = Callable[[], list[str]]


def program(*words: str) -> Check:
    """Return a check that runs a module of our environment and is green if it ends with code 0."""

    def run() -> list[str]:
        command = [sys.executable, "-m", *words]
        finished = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
        return [] if finished.returncode == 0 else [(finished.stdout + finished.stderr).strip()]

    return run


CHECKS: dict[str, Check] = {
    "format": program("ruff", "format", "--check", "--output-format=concise", "."),
    "lint": program("ruff", "check", "--output-format=concise", "."),
    "types": program("mypy"),
    "architecture": program("pytest", "tests/architecture"),
    "files": unreadable_files,
}


@click.command()
def command() -> None:
    """Check format, lint, types, architecture and data files.

    Data files are those of JSON, YAML and TOML: each can be read.
    """
    failures = {}
    for name, check in CHECKS.items():
        started = time.monotonic()
        if failure := check():
            failures[name] = failure
        click.echo(f"{'red' if failure else 'ok ':3}  {name:<12}  {time.monotonic() - started:5.1f} s")
    for name, failure in failures.items():
        click.echo(f"\n--- {name}\n" + "\n".join(failure))
    sys.exit(1 if failures else 0)
