"""`lake detokenize`: turns tokens back into values, for users who may read the vault."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

import click

from scripts.cli.output import Head, console, grid, print_json
from scripts.cli.request import looks_at_a_lake

if TYPE_CHECKING:
    from scripts.looking.lake import Lake


@click.command()
@click.argument("column", metavar="TABLE.COLUMN")
@click.argument("tokens", nargs=-1, metavar="[TOKEN]...")
@click.option("--file", "lines", type=click.File(encoding="utf-8"), help="A file with a token a line; - is stdin.")
@click.option("--reason", help="Why you ask; it is recorded.")
@looks_at_a_lake
def command(
    lake: Lake, column: str, tokens: tuple[str, ...], lines: TextIO | None, reason: str | None, *, as_json: bool
) -> None:
    """Turn tokens of TABLE.COLUMN back into values.

    Who asked is recorded.

    It reads the vault in the place of personal data, so it answers only who may read there. Code 1 says that a token
    stands for nothing here.
    """
    from scripts.looking.errors import WrongRequestError
    from scripts.looking.vault import leave_record, tokenized_column, turn_back
    from shared.contracts import load_catalog

    table, _ = tokenized_column(load_catalog(), column)
    read = [line.strip() for line in lines or ()]
    asked = [token for token in dict.fromkeys([*tokens, *read]) if token]
    if not asked:
        raise WrongRequestError("there is no token", expected="tokens as arguments, or a line each by --file")
    values = turn_back(lake, table, asked)
    leave_record(lake, column, values, reason)
    if as_json:
        print_json({"token": token, "value": value} for token, value in values.items())
    else:
        heads = [Head("token", shrinks=True), Head("value", wraps=True)]
        console().print(grid(heads, values.items()))
    unknown = [token for token, value in values.items() if value is None]
    if unknown:
        click.echo(f"{len(unknown)} of {len(asked)} tokens stand for nothing in {column}: {unknown[0]}", err=True)
    sys.exit(1 if unknown else 0)
