"""`lake test`: every test of the repository, or those that the arguments of pytest pick."""

import os
import subprocess
import sys

import click
import pytest

from scripts.setup import paths

REQUEST_WRONG = {pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED}
# Each worker has a Spark of its own, of some 2 GiB.
MOST_WORKERS = 4


def on_all_cores() -> list[str]:
    """The options that share the whole suite out among workers, file by file and those that take long first."""
    workers = min(os.cpu_count() or 1, MOST_WORKERS)
    return ["--numprocesses", str(workers), "--dist", "loadfile", "--no-loadscope-reorder"]


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run every test on all cores, or those that ARGUMENTS, which are pytest's own, pick."""
    command_line = [sys.executable, "-m", "pytest", *(arguments or on_all_cores())]
    code = subprocess.run(command_line, cwd=paths.ROOT, check=False).returncode
    sys.exit(2 if code in REQUEST_WRONG else min(code, 1))
