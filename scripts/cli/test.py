"""`lake test`: runs the tests of the repository, or those that pytest's arguments select."""

import os
import subprocess
import sys

import click
import pytest

from scripts.setup import paths

REQUEST_WRONG = {pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED}
LONG = "long"
# Each worker has its own Spark process of about 2 GiB.
MOST_WORKERS = 4


def suite(*, is_long: bool) -> list[str]:
    """The options of pytest that distribute the short or the long tests among workers, by file, long ones first."""
    workers = min(os.cpu_count() or 1, MOST_WORKERS)
    shared_out = ["--numprocesses", str(workers), "--dist", "loadfile", "--no-loadscope-reorder"]
    return [*shared_out, "-m", LONG if is_long else f"not {LONG}"]


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--long", "is_long", is_flag=True, help="Run only the tests that take minutes each.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...], *, is_long: bool) -> None:
    """Run the tests, on up to four cores.

    ARGUMENTS are pytest's own and pick tests. With --long and ARGUMENTS it runs the long ones of those. Without either,
    tests that take minutes each are left out.
    """
    picked = [*(["-m", LONG] if is_long else []), *arguments] if arguments else suite(is_long=is_long)
    command_line = [sys.executable, "-m", "pytest", *picked]
    code = subprocess.run(command_line, cwd=paths.ROOT, check=False).returncode
    if not arguments and not is_long:
        click.echo("Tests that take minutes each were left out; `./lake test --long` runs those.", err=True)
    sys.exit(2 if code in REQUEST_WRONG else min(code, 1))
