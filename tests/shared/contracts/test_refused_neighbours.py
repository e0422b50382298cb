"""Inputs, parents and queries that do not fit the other tables are refused with file and line, given and expected."""

import pytest

from tests.support.small_catalog import DAYS, DAYS_SQL, FILES, PEOPLE, VISITS, refusal


@pytest.mark.parametrize(
    "file, old, new, said",
    [
        pytest.param(
            PEOPLE,
            "[bronze.desk__notes]",
            "[bronze.desk__cards]",
            ["18: unknown input table", "given: bronze.desk__cards", "expected: bronze.desk__notes, gold.days"],
            id="an unknown input",
        ),
        pytest.param(
            PEOPLE,
            "[bronze.desk__notes]",
            "[notes]",
            ["18: transformSourceObjects names no table", "given: notes", "expected: <layer>.<table>"],
            id="an input without its layer",
        ),
        pytest.param(
            PEOPLE,
            "        transformSourceObjects: [bronze.desk__notes]\n",
            "",
            ["10: a table that is a row-for-row image needs exactly one input", "given: none"],
            id="no input",
        ),
        pytest.param(
            PEOPLE,
            "[bronze.desk__notes]",
            "[silver.visits]",
            ["18: a row-for-row image needs a bronze input", "given: silver.visits"],
            id="an image of a silver table",
        ),
        pytest.param(
            VISITS,
            "to: people.person",
            "to: persons.person",
            [
                "25: column person points to an unknown parent table",
                "given: silver.persons",
                "expected: bronze.desk__notes",
            ],
            id="an unknown parent",
        ),
        pytest.param(
            VISITS,
            "to: people.person",
            "to: people.seen_at",
            [
                "25: column person points to something that is not its parent's key",
                "given: silver.people.seen_at",
                "person",
            ],
            id="a parent column that is not the key",
        ),
        pytest.param(
            VISITS,
            "to: people.person",
            "to: person",
            ["26: a relationship points to no table", "given: person", "expected: <table>.<column>"],
            id="a parent that is no table",
        ),
        pytest.param(
            VISITS,
            "to: people.person",
            "to: visits.visit_id",
            ["25: column person and its parent's key differ in type", "given: string", "expected: bigint"],
            id="a parent key of another type",
        ),
        pytest.param(
            PEOPLE,
            "        transformLogic: trim(who)",
            "        transformLogic: trim(who)\n        relationships: [{to: gold.days.visit_date}]",
            ["20: column person points to a table that is built", "given: gold.days", "a table that is refined"],
            id="a parent downstream",
        ),
        pytest.param(
            DAYS_SQL,
            "GROUP BY visit_date",
            "GROUP BY (visit_date",
            ["4: the SQL does not parse", "given: GROUP BY (visit_date"],
            id="a query that does not parse",
        ),
        pytest.param(
            DAYS_SQL,
            "GROUP BY visit_date",
            "GROUP BY visit_date; SELECT 1",
            ["1: not one statement", "given: 2 statements"],
            id="two statements",
        ),
        pytest.param(
            DAYS_SQL,
            FILES[DAYS_SQL],
            "DELETE FROM silver.visits",
            ["1: not a SELECT", "given: Delete"],
            id="not a SELECT",
        ),
        pytest.param(
            DAYS_SQL,
            FILES[DAYS_SQL],
            "-- nothing\n",
            ["1: not one statement", "given: 0 statements"],
            id="an empty query",
        ),
        pytest.param(
            DAYS_SQL,
            "COUNT(*) AS visits",
            "COUNT(now()) AS visits",
            ["2: another answer on every call", "given: NOW()", "business_date"],
            id="now() in a query",
        ),
        pytest.param(
            DAYS_SQL,
            "COUNT(*) AS visits",
            "COUNT(visit_dat) AS visits",
            [
                "2: the query names a column that none of its inputs has",
                "given: visit_dat",
                "to fix: write visit_date",
            ],
            id="a column no input has",
        ),
        *[
            pytest.param(
                DAYS,
                "value: refresh}\n",
                f"value: refresh}}\n      - {{property: refreshBy, value: [{column}]}}\n",
                said,
                id=id_,
            )
            for column, said, id_ in (
                ("day", ["18: refreshBy names a column the table does not have"], "refreshBy of another column"),
                (
                    "visits",
                    ["18: refreshBy does not tell which rows belong together", "visits"],
                    "refreshBy of a count",
                ),
            )
        ],
        pytest.param(
            DAYS_SQL,
            "silver.visits",
            "silver.calls",
            ["3: unknown input table", "given: silver.calls", "expected: bronze.desk__notes"],
            id="a query over an unknown table",
        ),
        pytest.param(
            DAYS_SQL,
            "silver.visits",
            "visits",
            ["3: unknown kind of input", "given: visits", "expected: <layer>.<table>"],
            id="a query over a table without its layer",
        ),
        pytest.param(
            DAYS_SQL,
            "SELECT visit_date",
            "SELECT /*+ BROADCAST(v) */ visit_date",
            ["1: a hint names an alias", "given: v", "to fix: remove the hint"],
            id="a hint",
        ),
        pytest.param(
            DAYS_SQL,
            "silver.visits",
            "silver.visits, batch",
            ["1: the query reads both"],
            id="a query over tables and the batch",
        ),
        pytest.param(
            DAYS_SQL,
            FILES[DAYS_SQL],
            "SELECT 1 AS visits",
            ["1: the query reads no table"],
            id="a query over nothing",
        ),
        pytest.param(
            DAYS_SQL,
            FILES[DAYS_SQL],
            "SELECT day AS visit_date, 1 AS visits FROM batch",
            ["1: a row-local query does not say where its rows come from", "given: no _sequence, no _source_position"],
            id="a row-local query that hides its source",
        ),
        pytest.param(
            DAYS_SQL,
            FILES[DAYS_SQL],
            "SELECT day AS visit_date, upper(_source_position) AS visits, _sequence, _source_position FROM batch",
            ["1: a row-local query reads _source_position; given: UPPER(_source_position); expected: _source_position"],
            id="a row-local query that reads where a row came from",
        ),
        pytest.param(
            DAYS_SQL,
            "AS visits",
            "AS visit_count",
            [
                "1: the query's columns are not the contract's",
                "given: visit_date, visit_count",
                "expected: visit_date, visits",
                "add or remove visit_count, visits",
            ],
            id="a query with other columns",
        ),
        pytest.param(
            DAYS_SQL,
            "silver.visits",
            "gold.days",
            ["3: tables depend on each other in a circle", "given: gold.days -> gold.days"],
            id="a query over its own table",
        ),
    ],
)
def test_a_bad_contract_is_refused_with_file_and_line(tmp_path, file, old, new, said):
    text = refusal(tmp_path, file, old, new)

    assert f"{file}:{said[0]}" == text[: len(f"{file}:{said[0]}")], text
    assert [] == [part for part in said if part not in text], text
