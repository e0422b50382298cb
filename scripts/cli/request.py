"""What the commands that look at a lake share: their options, and how a wrong request is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import IO, Any

import click

from shared.errors import UnknownNameError, WindowError

# Which tables a command works on, as dbt has it.
selects_tables = click.option(
    "--select", multiple=True, metavar="TABLE", help="Only this table; +TABLE with inputs, TABLE+ with users."
)


class RefusedRequest(click.ClickException):
    """A wrong request, told in one line."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Tell it the way the command line tells every error."""
        click.echo(f"lake: {self.message}", file=file, err=file is None)


def looks_at_a_lake(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--root` and `--json`, the open lake, and one line and code 2 for a wrong request."""

    @click.option("--root", default=".lake", show_default=True, metavar="DIR", help="The lake: a folder, or s3://...")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON array of objects, and nothing else.")
    @wraps(function)
    def command(root: str, **arguments: object) -> None:
        from scripts.looking.lake import open_lake

        with refusing():
            function(lake=open_lake(root), **arguments)

    return command


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what is wrong with a request into one line and code 2."""
    from scripts.looking.errors import WrongRequestError

    try:
        yield
    except (UnknownNameError, WindowError, WrongRequestError) as error:
        raise RefusedRequest(" ".join(str(error).split())) from error
