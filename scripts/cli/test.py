"""`lake test`: runs the tests of the repository, or those that pytest's arguments select."""

import os
import subprocess
import sys

import click
import pytest

from scripts.setup import paths

REQUEST_WRONG = {pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED}
# The tests that each option runs, by pytest's markers; without one, those that show that everything works.
MARKS = {"main": "not extra and not long", "all": "not long", "long": "long"}
# Each worker has its own Spark process of about 2 GiB.
MOST_WORKERS = 4


def suite(part: str) -> list[str]:
    """The options of pytest that distribute a part of the tests among workers, by file, those that take long first."""
    workers = min(os.cpu_count() or 1, MOST_WORKERS)
    return ["--numprocesses", str(workers), "--dist", "loadfile", "--no-loadscope-reorder", "-m", MARKS[part]]


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--all", "part", flag_value="all", help="Run these and the extra tests, as CI does.")
@click.option("--long", "part", flag_value="long", help="Run only the tests that take minutes each.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...], *, part: str | None) -> None:
    """Run the tests, on up to four cores.

    ARGUMENTS are pytest's own and pick tests, extra and long ones too; with an option, only those that it runs.
    """
    picked = [*(["-m", MARKS[part]] if part else []), *arguments] if arguments else suite(part or "main")
    command_line = [sys.executable, "-m", "pytest", *picked]
    code = subprocess.run(command_line, cwd=paths.ROOT, check=False).returncode
    if not arguments and part is None:
        click.echo("Extra and long tests were left out: `./lake test --all` and `./lake test --long`.", err=True)
    sys.exit(2 if code in REQUEST_WRONG else min(code, 1))
