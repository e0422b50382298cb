"""`lake backfill` refuses a wrong request before anything starts, and passes on a right one."""

import pytest
from click.testing import CliRunner

from scripts.cli.root import root

SUMMER = {"--from": "2011-06-01", "--to": "2011-09-01", "--every": "1 month"}


class StartedError(Exception):
    """A lake was started."""


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch):
    def start(*_given):
        raise StartedError

    monkeypatch.setattr("scripts.running.local_lake.LocalLake", start)


def answer_to(*options, **changes):
    windows = {**SUMMER, **{f"--{name}": value for name, value in changes.items()}}
    given = [word for option in windows.items() if option[1] for word in option]
    return CliRunner().invoke(root, ["backfill", *given, *options])


@pytest.mark.examples
@pytest.mark.parametrize(
    "options, changes, told",
    [
        pytest.param([], {"to": None}, "--to", id="no end"),
        pytest.param([], {"every": "0 days"}, "<1 to 9999> hours|days", id="a length of nothing"),
        pytest.param([], {"to": "2011-06-01"}, "an end after the beginning", id="nothing between"),
        pytest.param([], {"every": "1 day", "to": "2012-09-01"}, "366 windows at most", id="too many windows"),
        pytest.param(["--select", "silver.nope"], {}, "unknown table", id="no such table"),
        pytest.param(["--select", "bronze.crm__contacts"], {}, "has a cursor", id="a source of files"),
        pytest.param(["--machine", "maintenance"], {}, "daily_batch, salesforce_ingestion", id="no machine of sources"),
    ],
)
def test_wrong_request_ends_with_two_before_anything_starts(options, changes, told):
    answer = answer_to(*options, **changes)

    assert (2, True) == (answer.exit_code, told in answer.stderr), answer.stderr


@pytest.mark.examples
@pytest.mark.parametrize(
    "options",
    [
        pytest.param([], id="all tables of the daily batch"),
        pytest.param(["--select", "bronze.snowflake__orders+"], id="some tables"),
        pytest.param(["--machine", "salesforce_ingestion", "--business-date", "2011-09-01"], id="Salesforce"),
    ],
)
def test_what_can_be_done_is_begun(options):
    assert StartedError is type(answer_to(*options).exception)
