"""A streaming job goes round until it is ended, forgives what passes, and ends itself on what does not."""

import pytest

from jobs.ingest.ingest_loop import ROUNDS_TO_GIVE_UP, ingest_forever
from shared.errors import StepFailedError
from shared.jobs import Failure, Status, Step, TableOutcome


class EndedError(Exception):
    """The job run is ended from outside."""


def outcome(failure=None, status=None):
    status = status or (Status.FAILED if failure else Status.SUCCEEDED)
    return TableOutcome(table="bronze.kafka__orders", step=Step.INGEST, status=status, failure=failure)


PASSES = Failure(error="LeaseHeldError", message="held", retryable=True)
STAYS = Failure(error="SourceContentError", message="offsets are gone", retryable=False)


def rounds(*failures, seconds=0.0):
    """Go round with these failures, one a round; what was slept before the job was ended."""
    ticks, slept, left = iter(range(0, 10_000, round(seconds * 2) or 1)), [], list(failures)

    def ingest():
        if not left:
            raise EndedError
        return [outcome(left.pop(0))]

    with pytest.raises(EndedError):
        ingest_forever(ingest, 60, clock=lambda: next(ticks) * 0.5 if seconds else 0.0, pause=slept.append)
    return slept


def test_a_round_begins_in_every_interval():
    assert [60.0, 60.0] == rounds(None, None)


def test_a_long_round_is_followed_by_the_next_at_once():
    assert [0.0] == rounds(None, seconds=70)


def test_what_passes_is_forgiven_until_it_has_lasted_long():
    nearly = [PASSES] * (ROUNDS_TO_GIVE_UP - 1)

    assert 2 * ROUNDS_TO_GIVE_UP - 1 == len(rounds(*nearly, None, *nearly))
    with pytest.raises(StepFailedError, match=r"bronze\.kafka__orders cannot be ingested; given: held"):
        ingest_forever(lambda: [outcome(PASSES)], 60, pause=lambda _: None)


def test_what_does_not_pass_ends_the_job_at_once():
    with pytest.raises(StepFailedError, match="offsets are gone"):
        ingest_forever(lambda: [outcome(STAYS)], 60, pause=lambda _: pytest.fail("went on"))
