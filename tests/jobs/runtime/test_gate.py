"""Table rules are measured on the staged table: one of severity `error` that fails stops everything."""

import json
import re
import sys

import pytest

from jobs.runtime.gate import decide
from shared.contracts import Severity, TableRule
from shared.errors import GateClosedError
from tests.support.things import column, things

TABLE = things(column("key", "bigint"), column("amount", "decimal(6,2)"))
COUNT = "SELECT COUNT(*) FROM ${table}"
SUM = "SELECT SUM(amount) FROM ${table} WHERE key > 0"
MEAN = "SELECT AVG(amount) FROM ${table}"


@pytest.fixture(scope="module")
def staged(spark):
    """Three rows, whose amounts add up to 7.50."""
    rows = spark.newSession().createDataFrame([(1, "1.00"), (2, "2.50"), (3, "4.00")], "key BIGINT, amount STRING")
    return rows.selectExpr("key", "CAST(amount AS DECIMAL(6,2)) AS amount")


def rule(name, query, low=None, high=None, severity=Severity.ERROR, *, negated=False):
    return TableRule(name=name, query=query, severity=severity, at_least=low, at_most=high, negated=negated)


def test_rules_that_hold_let_the_batch_pass(staged):
    rules = [
        rule("rows", COUNT, 3, 3),
        rule("not_four_rows", COUNT, 4, 4, negated=True),
        rule("enough", SUM, low=7.5),
        rule("not_too_much", SUM, high=7.5),
        rule("usual", MEAN, 2, 3, Severity.WARNING),
        rule("free", COUNT),
    ]
    assert {} == decide(TABLE, rules, staged)


@pytest.mark.parametrize(
    "failed, given, expected",
    [
        pytest.param(rule("few", COUNT, high=2), "3 by SELECT COUNT", "within [-∞, 2]", id="too many"),
        pytest.param(rule("many", COUNT, low=4), "3 by SELECT COUNT", "within [4, ∞]", id="too few"),
        pytest.param(rule("odd", COUNT, 2, 3, negated=True), "3 by SELECT COUNT", "outside [2, 3]", id="not allowed"),
        pytest.param(rule("sum", SUM, 7, 7.4), "7.50 by SELECT SUM", "within [7, 7.4]", id="a decimal"),
        pytest.param(
            rule("nothing", "SELECT MAX(amount) FROM ${table} WHERE key > 9", low=0),
            "NULL by SELECT MAX",
            "within [0, ∞]",
            id="nothing to measure",
        ),
    ],
)
def test_a_rule_that_fails_closes_the_gate_and_says_why(staged, failed, given, expected):
    words = (
        f"silver.things: table rule {failed.name} failed on the staged batch; given: {re.escape(given)}.*"
        f"; expected: {re.escape(expected)};"
    )
    with pytest.raises(GateClosedError, match=words) as closed:
        decide(TABLE, [failed], staged)
    assert not closed.value.retryable


def test_warnings_that_fail_are_counted_with_what_was_measured(staged):
    rules = [
        rule("few", COUNT, high=2, severity=Severity.WARNING),
        rule("mean", MEAN, high=2, severity=Severity.WARNING),
        rule("rows", COUNT, 3, 3, Severity.WARNING),
        rule("nothing", "SELECT MAX(amount) FROM ${table} WHERE key > 9", low=0, severity=Severity.WARNING),
    ]
    assert {"few": 3, "mean": 2.5, "nothing": 0} == decide(TABLE, rules, staged)


def test_a_warning_is_told_as_a_figure_that_json_can_hold(staged):
    """Position and outcomes store it as JSON, and a position is compared with the one that was committed."""
    figures = {"none": "NaN", "beyond": "Infinity", "below": "-Infinity"}
    rules = [
        rule(name, f"SELECT CAST('{text}' AS DOUBLE) FROM ${{table}}", 0, 1, Severity.WARNING)
        for name, text in figures.items()
    ]

    told = decide(TABLE, rules, staged)

    assert {"none": 0, "beyond": sys.float_info.max, "below": -sys.float_info.max} == told
    assert told == json.loads(json.dumps(told, allow_nan=False))


def test_what_is_known_is_not_measured_again(staged):
    with pytest.raises(GateClosedError, match="given: 99 by"):
        decide(TABLE, [rule("rows", COUNT, 3, 3)], staged, known={COUNT: 99})
