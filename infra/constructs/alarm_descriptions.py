"""What each alarm says to the person on call: what happened, and which part of the manual says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.names import Machine


def _described(what: str, section: str, page: str = "operations") -> str:
    return f'{what} (docs/{page}.md, "{section}").'


EVENTS = _described(
    "A notice of late tables or drifted columns could not be delivered to the alarm topic; it waits in a queue",
    "Alarms",
)
DRIFT = _described("The columns of a source are no longer those of its contract", "When a source's columns drift")
LATE = _described(
    "Tables are older than their contracts promise; `./lake freshness --root <LakeRoot>` shows which", "Late tables"
)
UNLOOKED = _described("The check for late tables failed, so late tables would go unreported", "Late tables")
COPY = _described("S3 could not copy an object of this bucket to the other region", "A copy in another region")
FILES = _described(
    "A landed file started no run within four hours; the next daily batch reads the file", "When a file lands"
)
USAGE = _described("The cost of a job run did not reach the ledger; no data is affected", "What it costs", "deploying")
BACKFILL = _described("a backfill, of which a window may be red", "When a run is red")
STREAM = _described(
    "The streaming job that reads Kafka has ended for good: EMR Serverless gave up restarting it. Start it again",
    "Reading Kafka topics within minutes",
    "connections",
)
API = _described("The API could not answer a request (5xx)", "The API", "readers")


def unstarted(name: Machine) -> str:
    """The description of the alarm on a schedule that could not start its machine."""
    return _described(f"The schedule could not start {name}; the start request waits in a queue", "The machines")


def runs_of(name: Machine) -> str:
    """The end of the description of the alarms on a machine, which follows how the execution ended."""
    return _described(
        f"{name}. `./lake runs --root <LakeRoot>` shows its runs, and with a run's id which tables failed",
        "When a run is red",
    )
