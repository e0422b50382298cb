"""`lake secrets`: stores the connections of sources, whose secrets a deploy creates empty."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.group()
def command() -> None:
    """Store the connections of sources."""


@command.command()
@click.argument("env")
@click.argument("source")
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Read the connection from a file instead of standard input.",
)
def put(env: str, source: str, file: Path | None) -> None:
    """Put the connection to SOURCE, one JSON object from standard input, into its secret in ENV."""
    from scripts.operating.secrets import put_secret
    from shared.config import load_environment
    from shared.contracts import load_catalog
    from shared.contracts.connections import secret_systems
    from shared.errors import TerminalError

    try:
        text = file.read_text(encoding="utf-8") if file else sys.stdin.read()
    except (OSError, UnicodeDecodeError) as error:
        raise TerminalError("the connection cannot be read", given=str(file), expected="a file in UTF-8") from error
    version = put_secret(load_environment(env), source, text, known=secret_systems(load_catalog()))
    click.echo(f"{source}: version {version}")
