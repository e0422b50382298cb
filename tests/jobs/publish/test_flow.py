"""The API serves exactly the table: after changes, deaths, races and whatever else happens to it."""

import shutil
from functools import partial
from itertools import count

import pytest
from botocore.exceptions import ClientError

from jobs.publish import items as api_items
from jobs.publish.items import Publication, listed
from jobs.runtime import lease
from jobs.runtime.session import batch_session
from jobs.runtime.table_files import remove_old_files
from shared.errors import LostRaceError, TerminalError
from shared.jobs import Status, Step
from shared.serving import Target, publication_lease, served_table
from tests.support.errors import error
from tests.support.served import SERVED, change_totals, expected, items, rows, serve_totals, versions
from tests.support.small_lake import ENV


def published(lake, run_id):
    return lake.run(run_id, (Step.PUBLISH,)).outcomes[f"{SERVED} to the API"]


def test_rows_that_change_come_and_go_are_served_so_and_no_others_are_sent(lake):
    first = published(lake, "p1")
    assert (Status.SUCCEEDED, 3, "published whole: nothing of it was published yet") == (
        first.status,
        first.inserted,
        first.reason,
    )
    assert expected(lake) == rows()
    before = versions()

    assert (Status.UNCHANGED, first.version) == ((again := published(lake, "p2")).status, again.version)
    # Another attempt of a run that has published reports what the run did.
    assert first.model_copy(update={"seconds": 0}) == published(lake, "p1").model_copy(update={"seconds": 0})

    change_totals(lake)
    second = published(lake, "p3")
    assert (Status.SUCCEEDED, 1, 1, 1, "") == (
        second.status,
        second.inserted,
        second.updated,
        second.deleted,
        second.reason,
    )
    assert expected(lake) == rows()
    assert {"/totals/1", "/totals/3", "/totals/4"} == set(rows())
    assert before["/totals/3"] == versions()["/totals/3"] < versions()["/totals/1"] == second.version


def test_a_publication_that_died_is_made_good_though_what_it_sent_was_taken_back(lake):
    """Nothing changed between the two versions, and yet the items are not those of the first."""
    published(lake, "p1")
    turn = Publication(served_table(ENV), SERVED)
    turn.begin()
    turn.write([("/totals/1", '{"customer_id": 1, "orders": 99}'), ("/totals/2", None), ("/totals/9", "{}")], 7)
    assert expected(lake) != rows()

    outcome = published(lake, "p2")
    assert "published whole: the publication before did not come to its end" == outcome.reason
    assert expected(lake) == rows()
    assert Status.UNCHANGED is published(lake, "p3").status


def test_of_two_publishers_the_one_that_began_last_writes(lake):
    slow = Publication(served_table(ENV), SERVED)
    published(lake, "p1")
    before = items()

    for late in (
        slow.begin,
        lambda: slow.write([("/totals/1", "{}")], 0),
        slow.sweep,
        slow.withdraw,
    ):
        with pytest.raises(LostRaceError, match=f"another job run publishes {SERVED}"):
            late()
    assert before == items()


def test_a_run_that_meets_another_one_waits_and_then_ends_retryable(lake, leases, monkeypatch):
    published(lake, "p1")
    before = items()
    monkeypatch.setattr(lease, "acquire_or_wait", partial(lease.acquire_or_wait, sleep=lambda _: None))
    lease.acquire(leases, publication_lease(SERVED, Target.API), "another run")

    failure = published(lake, "p2").failure
    assert ("LeaseHeldError", True) == (failure.error, failure.retryable)
    assert before == items()


@pytest.mark.extra
@pytest.mark.parametrize(
    "happens, reason",
    [
        pytest.param(
            lambda lake: lake.spark.sql(f"RESTORE delta.`{lake.location(SERVED)}` TO VERSION AS OF 1"),
            "restored it",
            id="restored",
        ),
        pytest.param(
            lambda lake: remove_old_files(batch_session(lake.spark), lake.location(SERVED)),
            "no longer kept",
            id="its feed was vacuumed",
        ),
        pytest.param(
            lambda lake: (shutil.rmtree(lake.location(SERVED)), lake.run("r3", (Step.BUILD,))),
            "recreated",
            id="recreated",
        ),
    ],
)
def test_a_table_of_which_no_feed_tells_is_published_whole(lake, happens, reason):
    published(lake, "p1")
    change_totals(lake)
    happens(lake)

    assert reason in published(lake, "p2").reason
    assert expected(lake) == rows()


def test_another_path_and_other_columns_take_the_place_of_the_old_ones(lake):
    published(lake, "p1")
    lake.amend(SERVED, "/totals/{customer_id}", "/buyers/{customer_id}")

    outcome = published(lake, "p2")
    assert ("published whole: its place, its columns or its key changed", 3) == (outcome.reason, outcome.deleted)
    assert expected(lake, "/buyers/") == rows()


def test_rows_of_a_table_that_is_served_no_more_are_taken_away(lake, leases, monkeypatch):
    slow = Publication(served_table(ENV), SERVED)
    published(lake, "p1")
    serve_no_more(lake)

    # Another run works on it, or DynamoDB refuses: other tables are published all the same.
    with monkeypatch.context() as patch:
        patch.setattr(lease, "acquire_or_wait", partial(lease.acquire_or_wait, sleep=lambda _: None))
        held = lease.acquire(leases, publication_lease(SERVED, Target.API), "another run")
        assert {} == lake.run("p2", (Step.PUBLISH,)).outcomes
        held.release()
    with monkeypatch.context() as patch:
        patch.setattr(lease, "acquire_or_wait", refuse_a_lease)
        failed = published(lake, "p2a")
        assert (Status.FAILED, "TerminalError", False) == (
            failed.status,
            failed.failure.error,
            failed.failure.retryable,
        )
    with monkeypatch.context() as patch:
        patch.setattr(Publication, "sweep", refuse)
        failed = published(lake, "p3")
        assert (Status.FAILED, "ClientError") == (failed.status, failed.failure.error)
    assert expected(lake) == rows()

    # It is refused halfway, and the contract serves the table again: nothing has changed in the lake.
    with monkeypatch.context() as patch:
        patch.setattr(api_items, "ACTIONS", 1)
        patch.setattr(Publication, "send", refuse_after(1, Publication.send))
        assert Status.FAILED is published(lake, "p3a").status
    assert 2 == len(rows())
    serve_totals(lake)
    assert "published whole: the publication before did not come to its end" == published(lake, "p3b").reason
    assert expected(lake) == rows()

    serve_no_more(lake)
    assert {} == lake.run("p4", (Step.PUBLISH,)).outcomes
    assert {SERVED: {"path", "epoch"}} == {path: set(item) for path, item in items().items() if path != "tables"}
    assert set() == listed(served_table(ENV))

    # It is served again, and a publisher that began before still cannot write.
    serve_totals(lake)
    published(lake, "p5")
    with pytest.raises(LostRaceError):
        slow.write([("/totals/1", "{}")], 0)
    assert expected(lake) == rows()


def serve_no_more(lake):
    """Takes the place where the totals are served out of their contract."""
    lake.amend(SERVED, 'servers:\n  - {server: api, type: api, location: "/totals/{customer_id}"}\n', "")


def refuse_a_lease(*_):
    """Replaces the call to DynamoDB for a lease that the role may not take."""
    raise error(TerminalError, "AWS refused the lease")


def refuse(_):
    """Replaces a call to AWS that is refused."""
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Scan")


def refuse_after(times, call):
    """A call to AWS that is refused after it was answered some times."""
    answers = count()
    return lambda *given: refuse(given) if next(answers) >= times else call(*given)


def test_a_table_that_was_never_built_is_left_alone(small_lake):
    serve_totals(small_lake)

    outcome = published(small_lake, "p1")
    assert (Status.UNCHANGED, None) == (outcome.status, outcome.version)
    assert {} == rows()
