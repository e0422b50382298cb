"""Row rules: the names that errors and warnings leave, and predicates that are neither true nor false."""

import pytest

from jobs.refine.rules import FAILED, WARNED, failed_rules, given, warned_rules
from shared.contracts import RowRule, Severity
from tests.support.frames import assert_rows
from tests.support.things import column, things

CONTRACT = things(
    column("key", "bigint", required=True),
    column("amount", "int"),
    column("seq", "int"),
    sequence_by=("seq",),
    row_rules=(
        RowRule(name="amount_positive", bad="amount <= 0", severity=Severity.ERROR),
        RowRule(name="amount_even", bad="amount % 2 = 1", severity=Severity.ERROR),
        RowRule(name="amount_small", bad="amount > 10", severity=Severity.WARNING),
        RowRule(name="amount_round", bad="amount % 10 <> 0", severity=Severity.WARNING),
    ),
)


def names(rules, contract=CONTRACT):
    """The array with a type whose elements may be null, as a created frame has it."""
    return rules(contract).cast("array<string>")


def test_a_row_has_the_names_of_all_rules_it_fails(spark):
    cases = [
        # key, amount, seq, failed, warned
        (1, 10, 1, [], []),
        (2, 12, 1, [], ["amount_small", "amount_round"]),
        (3, -1, 1, ["amount_positive"], ["amount_round"]),
        (4, 3, 1, ["amount_even"], ["amount_round"]),
        (5, 21, 1, ["amount_even"], ["amount_small", "amount_round"]),
        (6, None, 1, [], []),
        (None, 10, 1, ["key_required"], []),
        (8, 10, None, ["seq_required"], []),
        (None, -1, None, ["key_required", "seq_required", "amount_positive"], ["amount_round"]),
    ]
    rows = spark.createDataFrame([c[:3] for c in cases], "key BIGINT, amount INT, seq INT")
    rows = rows.selectExpr("*", *[f"{c} IS NOT NULL AS {given(c)}" for c in rows.columns])
    found = rows.select("key", "amount", "seq", names(failed_rules).alias(FAILED), names(warned_rules).alias(WARNED))
    assert_rows(
        "key BIGINT, amount INT, seq INT, _failed ARRAY<STRING> NOT NULL, _warned ARRAY<STRING> NOT NULL", cases, found
    )


@pytest.mark.parametrize("rules", [failed_rules, warned_rules])
def test_a_table_without_rules_fails_none(spark, rules):
    rows = spark.createDataFrame([(None,)], "key BIGINT").selectExpr("key", f"false AS {given('key')}")
    assert_rows(
        "found ARRAY<STRING> NOT NULL",
        [([],)],
        rows.select(names(rules, things(column("key", "bigint"))).alias("found")),
    )
