"""`lake test`: every test of the repository, or those that the arguments of pytest pick."""

import subprocess
import sys

import click
import pytest

from scripts.setup import paths

REQUEST_WRONG = {pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED}


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run every test, or those that ARGUMENTS, which are pytest's own, pick."""
    code = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=paths.ROOT, check=False).returncode
    sys.exit(2 if code in REQUEST_WRONG else min(code, 1))
