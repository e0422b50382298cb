"""Turns tokens back into the values that they stand for, and records who asked."""

from __future__ import annotations

import getpass
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from scripts.looking.files import S3
from scripts.looking.relations import Relations
from shared.errors import UnknownNameError
from shared.vault import TOKEN, VALUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.looking.lake import Lake
    from shared.contracts import Catalog, Table

FOLDER = "detokenizations"


class Asked(BaseModel):
    """`<lake_root>/detokenizations/<when>-<random>.json`: who asked for what, and how many tokens had a value.

    It contains no values. Once a person is erased, nothing leads from their token back to them.
    """

    model_config = ConfigDict(frozen=True)

    asked_at: datetime
    by: str
    reason: str | None
    column: str
    tokens: tuple[str, ...]
    known: int


def tokenized_column(catalog: Catalog, text: str) -> tuple[Table, str]:
    """The table and the column that `silver.contacts.email_token` names.

    Raises:
        UnknownNameError: no column of that name has tokens.
    """
    known = {f"{t.name}.{c.name}": (t, c.name) for t in catalog.tables.values() for c in t.tokenized}
    if text not in known:
        raise UnknownNameError("column of tokens", text, sorted(known))
    return known[text]


def turn_back(lake: Lake, table: Table, tokens: Sequence[str]) -> dict[str, str | None]:
    """The value that each token stands for; None for a token that the table's vault does not have.

    Raises:
        TerminalError: the vault cannot be read.
    """
    vault = lake.vault(table.name)
    if vault is None:
        return dict.fromkeys(tokens)
    relations = Relations()
    view = relations.open("vault", str(table.name), vault)
    found = relations.rows(f"SELECT {TOKEN}, {VALUE} FROM {view} WHERE {TOKEN} IN (SELECT unnest(?))", [list(tokens)])
    return dict.fromkeys(tokens) | {row[TOKEN]: row[VALUE] for row in found}


def leave_record(lake: Lake, column: str, values: dict[str, str | None], reason: str | None) -> None:
    """Record who asks for what; to be called before anything is shown.

    Raises:
        SourceUnavailableError: AWS did not answer.
        TerminalError: AWS refused to say who the caller is, or to write.
    """
    from jobs.runtime.aws import aws_answers
    from jobs.runtime.files import write_text

    now = datetime.now(UTC)
    place = f"{lake.root}/{FOLDER}/{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}.json"
    with aws_answers(place):
        asked = Asked(
            asked_at=now,
            by=_caller(lake),
            reason=reason,
            column=column,
            tokens=tuple(values),
            known=sum(value is not None for value in values.values()),
        )
        write_text(place, asked.model_dump_json(indent=1))


def _caller(lake: Lake) -> str:
    """Who is asking: on AWS the caller's principal, on a laptop the user."""
    if not lake.root.startswith(S3):
        return getpass.getuser()
    import boto3

    return str(boto3.client("sts").get_caller_identity()["Arn"])
