"""What each alarm says to whoever is called by it: what happened, and which part of the manual goes on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.names import Machine


def _described(what: str, section: str, page: str = "operations") -> str:
    return f'{what} (docs/{page}.md, "{section}").'


EVENTS = _described(
    "Word of late tables or drifted columns did not reach the alarm topic and waits in a queue", "Alarms"
)
DRIFT = _described("The columns of a source are no longer those of its contract", "When a source's columns drift")
LATE = _described("Tables are older than their contracts promise, and `./lake freshness` says which", "Late tables")
UNLOOKED = _described("It was not looked whether tables are late, so late ones would not be told", "Late tables")
COPY = _described("S3 could not copy an object of this bucket to the other region", "A copy in another region")
FILES = _described(
    "A landed file's event reached no function; the next daily batch reads the file", "When a file lands"
)
USAGE = _described(
    "What a job run is billed for did not reach the ledger; no data are touched by that", "What it costs", "deploying"
)
BACKFILL = _described("a backfill, of which a window may be red", "When a run is red")
STREAM = _described("The streaming job of Kafka failed, and EMR Serverless starts it anew", "When a run is red")
API = _described("The API could not answer a request (5xx)", "The API", "readers")


def unstarted(name: Machine) -> str:
    """Of a schedule whose start was not taken."""
    return _described(f"The schedule could not start {name}; what it sent waits in a queue", "The machines")


def runs_of(name: Machine) -> str:
    """Of a machine, after how its execution ended."""
    return _described(f"{name}, whose runs `./lake runs` shows", "When a run is red")
