"""What the commands that look at a lake share: their options, and how they report a wrong request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from shared.errors import UnknownNameError, WindowError

F = TypeVar("F", bound=Callable[..., None])
HERE = ".lake"
# Selects the tables that a command works on, in dbt's notation.
selects_tables = click.option(
    "--select",
    multiple=True,
    metavar="TABLE",
    help="Only this table; +TABLE with all it needs, TABLE+ with what depends on it.",
)
prints_json = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")


def works_in_a_folder(kind: type[str] | click.Path = click.Path(path_type=Path)) -> Callable[[F], F]:  # noqa: B008
    """Give a command `--root` for a lake in a folder; text for commands that say what to do about a bucket."""
    text = "The lake's folder."
    return click.option("--root", type=kind, default=HERE, show_default=True, metavar="DIR", help=text)


def names_a_lake(default: str | None = HERE, *, show_default: bool | str = True) -> Callable[[F], F]:
    """Give a command `--root` for a lake in a folder or a bucket."""
    text = "The lake: a folder or s3://BUCKET."
    return click.option("--root", default=default, show_default=show_default, metavar="DIR", help=text)


class RefusedRequest(click.ClickException):
    """A wrong request, reported in one line."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message in the form of every error of the command line."""
        click.echo(f"lake: {self.message}", file=file, err=file is None)


def looks_at_a_lake(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--root`, `--json` and the open lake; a wrong request ends it with one line and code 2."""

    @names_a_lake()
    @prints_json
    @wraps(function)
    def command(root: str, **arguments: object) -> None:
        from scripts.looking.lake import open_lake

        with refusing():
            function(lake=open_lake(root), **arguments)

    return command


@contextmanager
def refusing() -> Iterator[None]:
    """Turn errors about a request into one line and code 2."""
    from scripts.looking.errors import WrongRequestError

    try:
        yield
    except (UnknownNameError, WindowError, WrongRequestError) as error:
        raise RefusedRequest(" ".join(str(error).split())) from error
