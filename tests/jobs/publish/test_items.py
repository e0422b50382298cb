"""Items of the API: batches that DynamoDB accepts, tables that take over each other's paths, faults that pass."""

import pytest
from botocore.exceptions import ClientError

from jobs.publish import api
from jobs.publish import items as published
from jobs.publish.api import ApiTurn
from jobs.publish.items import Publication
from jobs.publish.rows import path_to
from jobs.publish.turn import Published
from shared.serving import PATH_LIMIT_BYTES, ROW_LIMIT_BYTES, ServedPath, served_table
from tests.support.served import items, rows
from tests.support.small_lake import ENV, lease_account
from tests.support.things import column, things

ONE, OTHER = "gold.one", "gold.other"


@pytest.fixture
def account():
    with lease_account():
        yield served_table(ENV)


def publish(account, table, paths, shape="s"):
    """Put rows at paths, and delete all other rows of the table."""
    turn = Publication(account, table)
    turn.begin()
    turn.write([(path, f'{{"of": "{table}"}}') for path in paths], version=1)
    turn.sweep()
    turn.end(Published(version=1, table_id="t", shape=shape, run="r"))


def test_rows_of_any_number_and_size_go_out_in_batches_that_dynamodb_takes(account, monkeypatch):
    sent, transact = [], Publication._transact
    monkeypatch.setattr(Publication, "_transact", lambda self, actions: (sent.append(actions), transact(self, actions)))
    many = [(f"/x/{n}", "1") for n in range(250)]
    large = [(f"/y/{n}", f'"{"ü" * 60_000}"') for n in range(30)]

    turn = Publication(account, ONE)
    turn.write([*many, *large], version=1)

    # Each begins with the check of the epoch.
    assert all("ConditionCheck" in actions[0] for actions in sent)
    assert max(map(len, sent)) == 100
    assert max(sum(len(str(action).encode()) for action in actions) for actions in sent) < 4_000_000
    assert len(many) + len(large) == sum(len(actions) - 1 for actions in sent)


def test_tables_that_change_places_leave_each_others_rows_alone(account):
    publish(account, ONE, ["/a/1", "/a/2"])
    publish(account, OTHER, ["/b/1", "/b/3"])

    publish(account, ONE, ["/b/1", "/b/2"])
    assert {"/b/1": ONE, "/b/2": ONE, "/b/3": OTHER} == {path: row["of"] for path, row in rows().items()}

    publish(account, OTHER, ["/a/1", "/a/3"])
    assert {"/a/1": OTHER, "/a/3": OTHER, "/b/1": ONE, "/b/2": ONE} == {p: row["of"] for p, row in rows().items()}


def test_a_row_that_went_over_to_another_table_is_not_taken_away(account):
    turn = Publication(account, ONE)
    publish(account, OTHER, ["/a/1"])

    turn.write([("/a/2", '{"of": "gold.one"}'), ("/a/1", None), ("/a/3", None)], version=1)
    assert {"/a/1": OTHER, "/a/2": ONE} == {path: row["of"] for path, row in rows().items()}


def test_what_passes_is_tried_again_and_what_does_not_is_raised(account, monkeypatch):
    monkeypatch.setattr(published, "PAUSE_SECONDS", 0)
    turn = Publication(account, ONE)
    answers = {"n": 0}
    transact = turn._client.transact_write_items

    def busy(times, code):
        def answered(**asked):
            answers["n"] += 1
            if answers["n"] > times:
                return transact(**asked)
            reasons = [{"Code": "None"}, {"Code": code}]
            said = {"Error": {"Code": "TransactionCanceledException", "Message": ""}, "CancellationReasons": reasons}
            raise ClientError(said, "TransactWriteItems")

        answers["n"] = 0
        monkeypatch.setattr(turn._client, "transact_write_items", answered)

    busy(published.TRIES - 1, "TransactionConflict")
    turn.write([("/a/1", "{}")], version=1)
    assert published.TRIES == answers["n"]
    assert {"/a/1"} == set(rows())

    for code, tries in {"ThrottlingError": published.TRIES, "ValidationError": 1}.items():
        busy(99, code)
        with pytest.raises(ClientError):
            turn.write([("/a/2", "{}")], version=1)
        assert tries == answers["n"]
    assert {"/a/1"} == {path for path in items() if path.startswith("/")}


def test_what_dynamodb_does_not_take_holds_up_no_other_row(account, monkeypatch):
    """A transaction is written whole or not at all, so one such row used to hold back all later ones for good."""
    served_at = ServedPath.parse("/x/{k}")
    longest = path_to(["k" * (PATH_LIMIT_BYTES - len("/x/"))], served_at)
    row = f'"{"y" * (ROW_LIMIT_BYTES - 2)}"'
    publish(account, ONE, ["/x/grown", "/x/small"])

    sent = [
        (longest, row, False),
        (path_to(["ü" * 400], served_at), "1", False),
        ("/x/grown", f"{row} ", True),
        ("/x/new", f"{row} ", False),
        ("/x/small", "1", True),
    ]
    monkeypatch.setattr(api, "served", lambda *_: iter(sent))
    turn = ApiTurn(Publication(account, ONE), things(column("k")), served_at)
    turn.begin()
    turn.send(None, version=2)

    assert {longest, "/x/small"} == set(rows())
    assert {"key_in_no_path": 1, "row_too_big": 2} == turn.warnings
    assert {"read": 2, "inserted": 1, "updated": 1, "deleted": 1} == turn.books
