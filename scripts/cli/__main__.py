"""Runs the command line; `./lake` becomes this program once everything it needs is there."""

import sys

import click

from scripts.cli.root import root
from shared.errors import LakewrightError, UnknownNameError

EXIT_RED = 1
EXIT_REQUEST_WRONG = 2


def main() -> None:
    """Run one command and end with its code: 0 well, 1 red, 2 the request is wrong."""
    try:
        root(prog_name="lake")
    except UnknownNameError as error:
        sys.exit(_tell(error, EXIT_REQUEST_WRONG))
    except LakewrightError as error:
        sys.exit(_tell(error, EXIT_RED))


def _tell(error: LakewrightError, code: int) -> int:
    click.echo(f"lake: {error}", err=True)
    return code


if __name__ == "__main__":
    main()
