"""The request to erase a person, and the record of an erasure, which does not name the person."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import TerminalError

if TYPE_CHECKING:
    from shared.names import TableName

FOLDER = "erasures"
REQUESTS_FOLDER = f"{FOLDER}/requests"
SUPPRESSED_FOLDER = f"{FOLDER}/suppressed"


class _Record(BaseModel):
    # A validation error is logged, and would otherwise quote the person.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, coerce_numbers_to_str=True)


class ErasureRequest(_Record):
    """The person to erase. The request is kept in the place of personal data, by run, until the job run has ended.

    Job arguments are shown by consoles and kept in logs, so the person is not in them.
    """

    kind: str
    id: str = Field(min_length=1)
    dry_run: bool = False

    @classmethod
    def of_text(cls, text: str, *, dry_run: bool = False) -> ErasureRequest:
        """Read `customer=29485`.

        Raises:
            TerminalError: the text is not of that form.
        """
        kind, equals, value = (part.strip() for part in text.partition("="))
        if not kind or not equals or not value:
            given = repr(f"{kind}=") if equals else "no ="
            raise TerminalError("a subject could not be read", given=given, expected="KIND=ID, as customer=29485")
        return cls(kind=kind, id=value, dry_run=dry_run)


class ErasedPlace(_Record):
    """How many rows of the person are in one table or quarantine."""

    place: str
    rows: int


class ErasureRecord(_Record):
    """`<lake_root>/erasures/<run_id>.json`: what was done, with a keyed hash in the person's place.

    `places` are rows found, and deleted unless it was a dry run. It is left before anything is deleted, then once more:
    without `finished_at` the erasure died, and the next one finds what is left. `left` names files in which something
    of the person was still found afterwards. `in_logs` are log files of tables that name the person's key until
    `complete_on`, when logs and their old versions have passed; None for a key that cannot be told from other numbers
    there, or that is too short. `to_look_at` is what only a human can decide. Of somebody whom no table knows there is
    nothing to prove: then `complete_on` is None and no file was scanned.
    """

    run_id: str
    kind: str
    subject_hash: str
    dry_run: bool
    finished_at: str | None = None
    places: tuple[ErasedPlace, ...]
    scanned_files: int = 0
    left: tuple[str, ...] = ()
    in_logs: int | None = None
    to_look_at: tuple[str, ...] = ()
    complete_on: date | None = None


def erasure_request_location(pii_root: str, run_id: str) -> str:
    """Where the request for an erasure is kept, which names the person; removed when the job run ends."""
    return f"{pii_root}/{REQUESTS_FOLDER}/{run_id}.json"


def erasure_location(lake_root: str, run_id: str) -> str:
    """Where the record of an erasure is kept, without the person."""
    return f"{lake_root}/{FOLDER}/{run_id}.json"


def suppression_location(pii_root: str, name: TableName) -> str:
    """Where the keyed hashes are kept of the people whose rows a bronze table must not take in again."""
    return f"{pii_root}/{SUPPRESSED_FOLDER}/{name.layer}.{name.table}.json"
