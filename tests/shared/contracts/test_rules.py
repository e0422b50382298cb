"""Every shape of a quality rule, and what it is compiled to."""

import pytest

from shared.contracts import RowRule, Severity, TableRule, load_catalog
from shared.contracts.odcs import Quality
from shared.contracts.rules import compile_rule
from shared.errors import ContractError
from tests.support.small_catalog import VISITS, write_catalog

AT_TABLE = [{"property": "scope", "value": "table"}]
LIBRARY = {"name": "r", "type": "library"}
SQL = {"name": "r", "type": "sql"}
COUNT = "SELECT COUNT(*) FROM ${table}"


def doubled(*names):
    there = " AND ".join(f"`{n}` IS NOT NULL" for n in names)
    of = ", ".join(f"`{n}`" for n in names)
    return f"SELECT COUNT(*) FROM (SELECT 1 FROM ${{table}} WHERE {there} GROUP BY {of} HAVING COUNT(*) > 1) AS doubled"


def compiled(rule, column="c"):
    return compile_rule(Quality.model_validate(rule), column, "f:1", ("k", "l"))


@pytest.mark.parametrize(
    "rule, bad",
    [
        pytest.param({"metric": "nullValues"}, "`c` IS NULL", id="null values"),
        pytest.param({"metric": "missingValues"}, "`c` IS NULL", id="missing values"),
        pytest.param(
            {"metric": "invalidValues", "arguments": {"validValues": ["a", "it's", 1, 1.5, True]}},
            r"`c` NOT IN ('a', 'it\'s', 1, 1.5, true)",
            id="valid values",
        ),
        pytest.param(
            {"metric": "invalidValues", "arguments": {"pattern": r"^\d{3}$"}},
            r"NOT `c` RLIKE '^\\d{3}$'",
            id="a pattern",
        ),
    ],
)
def test_a_metric_of_single_rows_that_allows_none_is_a_row_rule(rule, bad):
    expected = RowRule(name="r", bad=bad, severity=Severity.ERROR)

    assert expected == compiled({**LIBRARY, **rule, "mustBe": 0})


def test_a_count_of_bad_rows_that_allows_none_is_a_row_rule():
    rule = {**SQL, "query": f"{COUNT} WHERE c < 0", "mustBe": 0, "severity": "warning"}

    assert RowRule(name="r", bad="c < 0", severity=Severity.WARNING) == compiled(rule, column=None)


@pytest.mark.parametrize(
    "rule, column, query",
    [
        pytest.param({**LIBRARY, "metric": "rowCount"}, None, COUNT, id="row count"),
        pytest.param({**LIBRARY, "metric": "duplicateValues"}, None, doubled("k", "l"), id="doubled keys"),
        pytest.param({**LIBRARY, "metric": "duplicateValues"}, "c", doubled("c"), id="a column's doubles"),
        pytest.param(
            {**LIBRARY, "metric": "duplicateValues", "arguments": {"properties": ["a", "b"]}},
            None,
            doubled("a", "b"),
            id="doubles of some columns",
        ),
        pytest.param(
            {**LIBRARY, "metric": "nullValues", "customProperties": AT_TABLE},
            "c",
            f"{COUNT} WHERE `c` IS NULL",
            id="a row metric on the table",
        ),
        pytest.param(
            {**SQL, "query": "SELECT MAX(c) FROM ${table}"}, None, "SELECT MAX(c) FROM ${table}", id="any query"
        ),
        pytest.param(
            {**SQL, "query": f"{COUNT} WHERE c", "customProperties": AT_TABLE},
            None,
            f"{COUNT} WHERE c",
            id="a count on it",
        ),
    ],
)
def test_every_other_rule_measures_the_table(rule, column, query):
    expected = TableRule(name="r", query=query, severity=Severity.ERROR, at_least=0, at_most=0)

    assert expected == compiled({**rule, "mustBe": 0}, column)


@pytest.mark.parametrize(
    "bound, holds, fails",
    [
        pytest.param({"mustBe": 3}, [3], [2, 4], id="mustBe"),
        pytest.param({"mustNotBe": 3}, [2, 4], [3], id="mustNotBe"),
        pytest.param({"mustBeGreaterThan": 3}, [3.001, 4], [2, 3], id="mustBeGreaterThan"),
        pytest.param({"mustBeGreaterOrEqualTo": 3}, [3, 4], [2.999], id="mustBeGreaterOrEqualTo"),
        pytest.param({"mustBeLessThan": 3}, [2, 2.999], [3, 4], id="mustBeLessThan"),
        pytest.param({"mustBeLessOrEqualTo": 3}, [2, 3], [3.001], id="mustBeLessOrEqualTo"),
        pytest.param({"mustBeBetween": [3, 5]}, [3, 4, 5], [2, 6], id="mustBeBetween"),
        pytest.param({"mustNotBeBetween": [3, 5]}, [2, 6], [3, 4, 5], id="mustNotBeBetween"),
    ],
)
def test_a_measured_number_is_compared_with_the_bounds(bound, holds, fails):
    rule = compiled({**LIBRARY, "metric": "rowCount", **bound}, None)

    assert {**dict.fromkeys(holds, True), **dict.fromkeys(fails, False)} == {v: rule.holds(v) for v in (*holds, *fails)}


@pytest.mark.parametrize(
    "rule, said",
    [
        pytest.param({**LIBRARY}, "neither a metric nor a query", id="a library rule without metric"),
        pytest.param({**SQL}, "neither a metric nor a query", id="a query rule without query"),
        pytest.param({**SQL, "metric": "rowCount", "query": COUNT}, "neither a metric nor a query", id="both"),
        pytest.param({**LIBRARY, "metric": "invalidValues"}, "does not say what is valid", id="nothing is valid"),
        *[
            pytest.param(
                {**LIBRARY, "metric": "duplicateValues", "arguments": {"properties": given}},
                f"does not say of which columns together; given: properties: {given}; expected: properties: a list",
                id=f"doubles of {given}",
            )
            for given in (5, "return_id")
        ],
        pytest.param(
            {**LIBRARY, "metric": "invalidValues", "arguments": {"validValues": []}}, "does not say", id="an empty list"
        ),
        pytest.param(
            {**LIBRARY, "metric": "invalidValues", "arguments": {"validValues": "ab"}}, "does not say", id="not a list"
        ),
        pytest.param(
            {**LIBRARY, "metric": "invalidValues", "arguments": {"validValues": ["a"], "pattern": "a"}},
            "does not say what is valid",
            id="list and pattern",
        ),
        pytest.param(
            {**LIBRARY, "metric": "nullValues", "arguments": {"validValues": ["a"]}},
            "does not take",
            id="other arguments",
        ),
        pytest.param(
            {**SQL, "query": f"{COUNT} WHERE c NOT IN (SELECT c FROM silver.orders)"},
            "reads another table; given: silver.orders",
            id="a query over another table",
        ),
        pytest.param({**SQL, "query": "SELECT 1"}, "does not measure its table", id="a query over nothing"),
        pytest.param({**SQL, "query": "SELECT ${table}("}, "the SQL does not parse", id="a query that does not parse"),
        pytest.param(
            {**SQL, "query": f"{COUNT} WHERE c > now()"}, "another answer on every call", id="a query of today"
        ),
        pytest.param({**LIBRARY, "metric": "rowCount", "mustBeGreaterThan": 1}, "exactly one mustBe", id="two bounds"),
        pytest.param({**LIBRARY, "metric": "rowCount", "mustBe": None}, "exactly one mustBe", id="no bound"),
        pytest.param(
            {**LIBRARY, "metric": "rowCount", "mustBe": None, "mustBeBetween": [5, 3]},
            "can never hold",
            id="an empty interval",
        ),
    ],
)
def test_a_rule_that_cannot_be_run_is_refused(rule, said):
    with pytest.raises(ContractError, match=rf"^f:1: .*{said}"):
        compiled({"mustBe": 0, **rule})


RULES_OF_VERSIONS = """\
      - name: one_at_a_time
        type: library
        metric: duplicateValues
        mustBe: 0
        customProperties: [{property: scope, value: table}]
      - name: in_order
        type: sql
        query: SELECT COUNT(*) FROM ${table} WHERE valid_to <= valid_from
        mustBe: 0
        customProperties: [{property: scope, value: table}]
    customProperties:
      - {property: storedAsScdType, value: 2}
      - {property: writeDisposition, value: merge}
"""
LAST = "    customProperties:\n      - {property: writeDisposition, value: merge}\n"


def test_the_rules_of_a_history_see_its_versions(tmp_path):
    write_catalog(tmp_path, {VISITS: (LAST, RULES_OF_VERSIONS)})
    _, one_at_a_time, in_order = load_catalog(tmp_path).table("silver.visits").table_rules
    assert doubled("visit_id", "valid_from") == one_at_a_time.query
    assert "SELECT COUNT(*) FROM ${table} WHERE valid_to <= valid_from" == in_order.query


def test_the_rows_of_a_history_are_judged_as_events(tmp_path):
    rule = RULES_OF_VERSIONS.replace("        customProperties: [{property: scope, value: table}]\n", "")
    write_catalog(tmp_path, {VISITS: (LAST, rule)})
    with pytest.raises(ContractError, match="rule in_order names a column the table does not have; given: valid_from"):
        load_catalog(tmp_path)
