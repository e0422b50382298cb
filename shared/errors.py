"""Every error the lake raises on purpose, in two families: retryable and terminal.

    LakewrightError
    ├── RetryableError            the same request may succeed later
    │   ├── SourceUnavailableError    a source system did not answer
    │   ├── TargetUnavailableError    a system that rows are published to did not answer
    │   ├── LeaseHeldError            another job run works on the table
    │   └── LostRaceError             another writer's batch landed in place of ours
    └── TerminalError             somebody has to change something first
        ├── ContractError             a contract or its query is wrong
        ├── UnknownNameError          a table, machine, environment or source that does not exist
        ├── WindowError               a backfill's window does not fit a table's cursor
        ├── SchemaDriftError          a source's columns are not those of the contract
        ├── SourceContentError        a source answered with something the contract does not describe
        ├── TargetRefusedError        a system that rows are published to refused them
        ├── PositionLostError         it is unknown how far a table's inputs were read
        ├── GateClosedError           a table rule of severity `error` failed; nothing was published
        ├── DifferenceError           the lake does not hold what its source holds
        ├── UnbalancedBooksError      rows read and rows accounted for differ
        ├── ErasureError              data of an erased person was found afterwards
        ├── RollbackError             a table cannot go back to an earlier run, or its rollback has not finished
        ├── SummaryError              a step left no summary, or one of another run
        └── StepFailedError           at least one table of a run failed

Step Functions retries Lambda tasks by these class names; Spark jobs report them as data in their outcome files.
"""

from __future__ import annotations


class LakewrightError(Exception):
    """An error in four parts.

    Args:
        what: What went wrong, in the caller's words, with the place (file, table, argument).
        given: What was given.
        expected: What was expected.
        mend: The change to make.
    """

    retryable = False

    def __init__(self, what: str, *, given: str = "", expected: str = "", mend: str = "") -> None:
        self.what, self.given, self.expected, self.mend = what, given, expected, mend
        parts = [("", what), ("given: ", given), ("expected: ", expected), ("to fix: ", mend)]
        super().__init__("; ".join(f"{label}{text}" for label, text in parts if text))


class RetryableError(LakewrightError):
    """The same request may succeed later."""

    retryable = True


class TerminalError(LakewrightError):
    """The same request will fail again until something is changed."""


class SourceUnavailableError(RetryableError):
    """A source system did not answer, or refused for now."""


class TargetUnavailableError(RetryableError):
    """A system that rows are published to did not answer, or refused for now."""


class LeaseHeldError(RetryableError):
    """Another job run holds the table's lease; unless renewed, it ends `until` seconds after the epoch."""

    def __init__(self, what: str, *, given: str, expected: str, mend: str, until: int = 0) -> None:
        self.until = until
        super().__init__(what, given=given, expected=expected, mend=mend)


class LostRaceError(RetryableError):
    """Another writer committed the sequence this writer had prepared."""


class ContractError(TerminalError):
    """A contract, or the query beside it, is wrong. Its text begins with `file:line`."""


class UnknownNameError(TerminalError):
    """A table, machine, environment or source name that does not exist."""

    def __init__(self, kind: str, given: str, known: list[str], mend: str = "") -> None:
        self.kind, self.known = kind, known
        super().__init__(f"unknown {kind}", given=repr(given), expected="one of " + ", ".join(known), mend=mend)


class WindowError(TerminalError):
    """A window of a backfill does not fit a table's cursor."""


class SchemaDriftError(TerminalError):
    """The columns of a source are not those of the contract: some are missing, of another type, or not allowed."""


class SourceContentError(TerminalError):
    """A source answered with something the contract does not describe."""


class TargetRefusedError(TerminalError):
    """A system that rows are published to refused them, or has something else where they belong."""


class PositionLostError(TerminalError):
    """It is unknown how far a table's inputs were read: no kept commit says so, or no run has written the table yet."""


class GateClosedError(TerminalError):
    """A table rule of severity `error` failed on the staged batch; nothing was published."""


class DifferenceError(TerminalError):
    """Figures of a source and the lake, or of two layers, differ by more than the contract allows."""


class UnbalancedBooksError(TerminalError):
    """The rows read and the rows accounted for differ."""


class ErasureError(TerminalError):
    """Data of an erased person was found afterwards."""


class RollbackError(TerminalError):
    """A table cannot go back to an earlier run, or its rollback has not finished."""


class SummaryError(TerminalError):
    """A step left no summary, or one that belongs to another run."""


class StepFailedError(TerminalError):
    """At least one table of a run failed; the others are up to date."""
