"""A wrong request is reported in one line on standard error, with code 2; standard output stays empty."""

import pytest
from click.testing import CliRunner

from scripts.cli.root import root


@pytest.mark.parametrize(
    "arguments, expected",
    [
        pytest.param(
            ["tables", "silver.order"], "unknown table; given: 'silver.order'; expected: one of bronze.", id="tables"
        ),
        pytest.param(["runs", "run-9"], "unknown run; given: 'run-9'; expected: one of run-3, run-2, run-1", id="runs"),
        pytest.param(
            ["sql", "SELECT * FROM orders"], "unknown table; given: 'orders'; expected: one of bronze.", id="sql"
        ),
        pytest.param(["sql", "SELEC"], "the query cannot be read; given: syntax error", id="no SQL"),
        pytest.param(["sql", "SELECT 1", "--as-of", "run-9"], "unknown run; given: 'run-9'", id="sql as of no run"),
        pytest.param(["sql", "SELECT 1", "--as-of", "run-3"], "run run-3 has not finished", id="sql as of no end"),
        pytest.param(["trace", "silver.order", "1"], "unknown table; given: 'silver.order'", id="trace"),
        pytest.param(
            ["trace", "silver.orders", "one"], "given: order_id=one; expected: bigint", id="trace of no number"
        ),
        pytest.param(
            ["trace", "silver.lines", "1"], "the key does not fit silver.lines; given: 1; expected: <", id="half"
        ),
        pytest.param(
            ["quarantine", "orders"], "unknown table; given: 'orders'; expected: one of bronze.", id="quarantine"
        ),
    ],
)
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["people", "json"])
def test_wrong_request_is_one_line(ask, arguments, options, expected):
    answer = ask(*arguments, *options)

    assert (2, "") == (answer.exit_code, answer.stdout)
    [line] = answer.stderr.splitlines()
    assert line.startswith("lake: ")
    assert expected in line


@pytest.mark.parametrize(
    "arguments", [["tables"], ["runs"], ["sql", "SELECT 1"], ["trace", "a.b", "1"], ["quarantine"]]
)
def test_place_without_a_lake_is_one_line(tmp_path, arguments):
    answer = CliRunner().invoke(root, [*arguments, "--root", str(tmp_path)])

    assert (2, "") == (answer.exit_code, answer.stdout)
    mend = "make one with ./lake run daily_batch, or ./lake demo for the samples, or give --root"
    assert f"lake: there is no lake at {tmp_path}; to fix: {mend}\n" == answer.stderr


def test_lake_is_looked_for_where_the_user_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert "there is no lake at .lake;" in CliRunner().invoke(root, ["runs"]).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["sql"], id="no query"),
        pytest.param(["sql", "SELECT 1", "--limit", "0"], id="no rows"),
        pytest.param(["trace", "silver.orders"], id="no key"),
        pytest.param(["tables", "--jsn"], id="unknown option"),
    ],
)
def test_wrong_options_have_code_2(ask, arguments):
    answer = ask(*arguments)

    assert (2, "") == (answer.exit_code, answer.stdout)
