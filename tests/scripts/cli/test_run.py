"""`lake run` refuses a wrong request before anything starts, and passes on a right one."""

import pytest
from click.testing import CliRunner

from scripts.cli.root import root
from shared.backfill import RUN_BY
from shared.events import RunRequest
from shared.jobs import Window
from shared.names import Machine

JUNE = ("--from", "2011-06-01", "--to", "2011-07-01")


@pytest.fixture
def asked(monkeypatch):
    """Record the requests to machines instead of running them."""
    found = []

    def run_here(root, machine, given, *, as_json):
        found.append(RunRequest.model_validate(given))

    monkeypatch.setattr("scripts.cli.run.run_here", run_here)
    return found


@pytest.mark.parametrize("command, machines", [("run", set(Machine)), ("backfill", set(RUN_BY))])
def test_help_names_the_machines_that_can_be_given(command, machines):
    told = CliRunner().invoke(root, [command, "--help"]).output

    assert machines == {machine for machine in Machine if machine in told}


@pytest.mark.examples
@pytest.mark.parametrize("machine", ["daily_batch", "salesforce_ingestion"])
def test_a_window_of_moments_fits_every_cursor_of_the_examples(asked, machine):
    answer = CliRunner().invoke(root, ["run", machine, "--from", "2011-06-01T06:00:00Z", "--to", "2011-07-01"])

    assert (0, "", 1) == (answer.exit_code, answer.output, len(asked))


@pytest.mark.examples
def test_a_window_is_handed_on(asked):
    answer = CliRunner().invoke(root, ["run", "daily_batch", "--select", "bronze.snowflake__orders+", *JUNE])

    assert (0, "") == (answer.exit_code, answer.output)
    assert [(("bronze.snowflake__orders+",), Window(since="2011-06-01", until="2011-07-01"))] == [
        (request.tables, request.window) for request in asked
    ]


@pytest.mark.examples
@pytest.mark.parametrize(
    "options, told",
    [
        pytest.param(["--from", "2011-06-01"], "a window has two ends", id="half a window"),
        pytest.param(["--from", "2011-13-01", "--to", "2012-01-01"], "no such window of its cursor", id="no month"),
        pytest.param(["--from", "2011-06-01", "--to", "soon"], "given: from 2011-06-01 to soon", id="no moment"),
        pytest.param(["--from", "7", "--to", "8"], "a timestamp such as 2000-01-01", id="numbers for timestamps"),
        pytest.param(["--from", "2011-07-01", "--to", "2011-06-01"], "the end after the beginning", id="back in time"),
        pytest.param(["--from", "2011-06-01", "--to", "2011-06-01"], "the end after the beginning", id="no time"),
        pytest.param(["--select", "silver.orders", *JUNE], "has a cursor", id="no source"),
        pytest.param(["--select", "bronze.crm__contacts", *JUNE], "has a cursor", id="a source of files"),
    ],
)
def test_a_window_that_cannot_be_read_is_a_wrong_request(asked, options, told):
    answer = CliRunner().invoke(root, ["run", "daily_batch", *options])

    assert (2, True, []) == (answer.exit_code, told in answer.stderr, asked)
