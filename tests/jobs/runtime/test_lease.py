"""One writer per table: who holds the lease, who gets it next, and what the loser may still do."""

import threading
import time

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from jobs.runtime import lease as lease_module
from jobs.runtime.lease import BEAT_SECONDS, SECONDS, acquire, acquire_or_wait, leased
from shared.errors import LeaseHeldError, SourceUnavailableError, TerminalError
from shared.names import lease_table
from tests.support.errors import error

TABLE = "silver.orders"
START = 1_000_000


class Clock:
    """Seconds since the epoch that pass when the test says so."""

    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def item(leases):
    found = leases.get_item(Key={"table": TABLE})["Item"]
    return {key: value if isinstance(value, str) else int(value) for key, value in found.items()}


def test_a_free_table_is_taken(leases, clock):
    taken = acquire(leases, TABLE, "a", clock)
    assert (1, "a") == (taken.fencing, taken.owner)
    assert {"table": TABLE, "owner": "a", "fencing": 1, "expires_at": START + SECONDS} == item(leases)


def test_a_held_table_is_refused_and_left_as_it_is(leases, clock):
    acquire(leases, TABLE, "a", clock)
    before = item(leases)
    with pytest.raises(LeaseHeldError, match="given: owner a, until 1000060; expected: owner b") as refused:
        acquire(leases, TABLE, "b", clock)
    assert refused.value.retryable
    assert before == item(leases)


@pytest.mark.parametrize(
    "seconds, is_free",
    [
        pytest.param(SECONDS - 1, False, id="before its end"),
        pytest.param(SECONDS, False, id="at its end"),
        pytest.param(SECONDS + 1, True, id="after its end"),
    ],
)
def test_a_lease_runs_out(leases, clock, seconds, is_free):
    acquire(leases, TABLE, "a", clock)
    clock.now += seconds
    if is_free:
        assert 2 == acquire(leases, TABLE, "b", clock).fencing
    else:
        with pytest.raises(LeaseHeldError):
            acquire(leases, TABLE, "b", clock)


def test_the_fencing_number_grows_with_every_holder(leases, clock):
    found = []
    for owner in "abc":
        taken = acquire(leases, TABLE, owner, clock)
        found.append(taken.fencing)
        taken.release()
    assert [1, 2, 3] == found


def test_a_check_renews_the_lease(leases, clock):
    taken = acquire(leases, TABLE, "a", clock)
    clock.now += 50
    taken.renew()
    assert START + 50 + SECONDS == item(leases)["expires_at"]


def test_a_lease_that_ran_out_and_nobody_took_is_still_good(leases, clock):
    taken = acquire(leases, TABLE, "a", clock)
    clock.now += 10 * SECONDS
    taken.renew()
    assert START + 11 * SECONDS == item(leases)["expires_at"]


@pytest.mark.parametrize(
    "next_owner",
    [pytest.param("b", id="another owner"), pytest.param("a", id="the same owner with a later number")],
)
def test_who_lost_the_lease_may_not_write_and_cannot_free_it(leases, clock, next_owner):
    lost = acquire(leases, TABLE, "a", clock)
    clock.now += SECONDS + 1
    acquire(leases, TABLE, next_owner, clock)
    before = item(leases)
    with pytest.raises(LeaseHeldError):
        lost.renew()
    lost.release()
    assert before == item(leases)


def test_the_lease_of_a_dead_job_run_is_waited_for(leases, clock):
    acquire(leases, TABLE, "dead", clock)
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        clock.now += seconds

    clock.now += 20
    assert 2 == acquire_or_wait(leases, TABLE, "b", clock, sleep).fencing
    assert [SECONDS - 20 + 1] == pauses


def test_the_lease_of_a_job_run_that_lives_is_not_waited_for_again(leases, clock):
    alive = acquire(leases, TABLE, "alive", clock)

    def sleep(seconds):
        clock.now += seconds
        alive.renew()

    with pytest.raises(LeaseHeldError, match="given: owner alive"):
        acquire_or_wait(leases, TABLE, "b", clock, sleep)


@pytest.mark.parametrize("lives", [True, False])
def test_a_clock_that_goes_behind_waits_no_longer_than_a_lease_lasts(leases, clock, lives):
    holder = acquire(leases, TABLE, "a", clock)
    behind, pauses = Clock(), []
    behind.now -= 3600

    def sleep(seconds):
        pauses.append(seconds)
        clock.now += seconds
        if lives:
            holder.renew()

    if lives:
        with pytest.raises(LeaseHeldError, match="given: owner a"):
            acquire_or_wait(leases, TABLE, "b", behind, sleep)
    else:
        assert 2 == acquire_or_wait(leases, TABLE, "b", behind, sleep).fencing
    assert [SECONDS + 1] == pauses


def test_leases_of_other_tables_do_not_matter(leases, clock):
    acquire(leases, "silver.customers", "a", clock)
    assert 1 == acquire(leases, TABLE, "b", clock).fencing


def test_the_block_holds_the_lease_and_frees_it_even_after_an_error(leases):
    def work():
        with leased(lease_table("local"), TABLE, "a") as held:
            assert ("a", held.fencing) == (item(leases)["owner"], item(leases)["fencing"])
            assert item(leases)["expires_at"] > 0
            raise ValueError("of the work")

    with pytest.raises(ValueError, match="of the work"):
        work()
    assert 0 == item(leases)["expires_at"]


def test_an_error_of_the_account_is_not_taken_for_a_held_lease(leases, clock):
    with pytest.raises(
        TerminalError, match=r"AWS refused the lease on silver\.orders; given: ResourceNotFoundException"
    ):
        acquire(boto3.resource("dynamodb").Table("no-such-table"), TABLE, "a", clock)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem"), id="too many requests"),
        pytest.param(
            ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "UpdateItem"), id="too quick"
        ),
        pytest.param(EndpointConnectionError(endpoint_url="https://dynamodb"), id="no connection"),
    ],
)
def test_a_fault_that_passes_may_be_tried_again_and_does_not_undo_what_landed(leases, clock, fault):
    class Failing:
        def update_item(self, **_):
            raise fault

    taken = acquire(leases, TABLE, "a", clock)
    taken.items = Failing()

    taken.release()
    for ask in (taken.renew, lambda: acquire(Failing(), TABLE, "b", clock)):
        with pytest.raises(SourceUnavailableError, match=r"the lease on silver\.orders") as told:
            ask()
        assert told.value.retryable


def test_a_lease_lasts_over_a_beat_that_failed():
    assert SECONDS > 2 * BEAT_SECONDS


@pytest.fixture
def quick_beat(monkeypatch):
    monkeypatch.setattr(lease_module, "BEAT_SECONDS", 0.01)


def test_a_heartbeat_keeps_the_lease(leases, quick_beat, monkeypatch):
    beaten = threading.Event()
    renew = lease_module.Lease.renew

    def counted(held):
        renew(held)
        beaten.set()

    monkeypatch.setattr(lease_module.Lease, "renew", counted)
    with leased(lease_table("local"), TABLE, "a"):
        assert beaten.wait(30)


def test_a_heartbeat_that_fails_once_goes_on(leases, quick_beat, monkeypatch):
    beaten, beats = threading.Event(), []

    def flaky(held):
        beats.append(1)
        if len(beats) == 1:
            raise error(SourceUnavailableError, "no answer")
        beaten.set()

    monkeypatch.setattr(lease_module.Lease, "renew", flaky)
    with leased(lease_table("local"), TABLE, "a"):
        assert beaten.wait(30)


def test_a_beat_that_is_under_way_does_not_renew_what_was_let_go(leases, quick_beat, monkeypatch):
    begun, ended, renew = threading.Event(), threading.Event(), lease_module.Lease.renew

    def slow(held):
        begun.set()
        time.sleep(0.3)
        renew(held)
        ended.set()

    monkeypatch.setattr(lease_module.Lease, "renew", slow)
    with leased(lease_table("local"), TABLE, "a"):
        assert begun.wait(30)
    assert ended.wait(30)
    assert 0 == item(leases)["expires_at"]


def test_a_heartbeat_ends_once_the_lease_is_lost(leases, quick_beat, monkeypatch):
    beats = []

    def lost(held):
        beats.append(1)
        raise error(LeaseHeldError, "lost")

    monkeypatch.setattr(lease_module.Lease, "renew", lost)
    with leased(lease_table("local"), TABLE, "a"):
        [beat] = [t for t in threading.enumerate() if t.name == f"lease-{TABLE}"]
        beat.join(30)
    assert [1] == beats
