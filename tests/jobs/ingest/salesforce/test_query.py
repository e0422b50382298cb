"""Salesforce is asked for the records from the position on, and below the end."""

import pytest

from jobs.ingest.salesforce.query import soql_window
from shared.contracts import Source
from shared.errors import ContractError, WindowError
from shared.jobs import Window


def source(cursor="systemmodstamp", lag=0, **values):
    return Source(system="salesforce", type="salesforce", object="Thing", cursor=cursor, lag_seconds=lag, **values)


FROM = "systemmodstamp >= "


@pytest.mark.parametrize(
    "given, position, condition",
    [
        pytest.param(source(None), {"content": "1"}, "", id="no cursor"),
        pytest.param(source(), None, "", id="first time without initial value"),
        pytest.param(
            source(lag=3600, initial_value="2000-01-01"), None, FROM + "2000-01-01T00:00:00Z", id="no lag at first"
        ),
        pytest.param(
            source(lag=3600, initial_value="2000-01-01"),
            {"cursor": "2026-03-01T00:30:00.999Z"},
            FROM + "2026-02-28T23:30:00Z",
            id="position less lag, rounded down",
        ),
        pytest.param(
            source(), {"cursor": "2026-03-01T02:00:00+02:00"}, FROM + "2026-03-01T00:00:00Z", id="a zone is UTC"
        ),
        pytest.param(
            source(end_value="2026-02-01T00:00:00Z"),
            {"cursor": "2026-01-01T00:00:00Z"},
            FROM + "2026-01-01T00:00:00Z AND systemmodstamp < 2026-02-01T00:00:00Z",
            id="up to an end",
        ),
    ],
)
def test_records_are_asked_for_from_the_position_on(given, position, condition, table_of):
    assert condition == soql_window(table_of({"id": "string"}, given), given, position)


@pytest.mark.parametrize(
    "given, position",
    [
        pytest.param(source(), {"cursor": "yesterday"}, id="no timestamp"),
        pytest.param(source(), {"cursor": "2026-01-01 OR Id != ''"}, id="no more than a timestamp"),
        pytest.param(source(end_value="later"), None, id="no end"),
    ],
)
def test_a_cursor_that_is_no_timestamp_is_refused(given, position, table_of):
    with pytest.raises(ContractError, match=r"crm__things.odcs.yaml:1: the cursor systemmodstamp cannot start or end"):
        soql_window(table_of({"id": "string"}, given), given, position)


def test_a_backfill_asks_for_its_window_and_for_nothing_else(table_of):
    given = source(lag=3600, initial_value="2020-01-01", end_value="2030-01-01")
    asked = Window(since="2019-05-01", until="2019-06-01T02:00:00+02:00")
    ends = "systemmodstamp < 2019-06-01T00:00:00Z AND systemmodstamp < 2030-01-01T00:00:00Z"
    assert f"{FROM}2019-05-01T00:00:00Z AND {ends}" == soql_window(
        table_of({"id": "string"}, given), given, {"cursor": "2026-03-01"}, asked
    )
    with pytest.raises(WindowError, match=r"bronze.crm__things has no such window of its cursor systemmodstamp"):
        soql_window(table_of({"id": "string"}, given), given, None, Window(since="1", until="2"))
