"""Impossible names, columns and rules are refused with file and line, given and expected."""

import pytest

from tests.support.small_catalog import DAYS, NOTES, PEOPLE, VISITS, refusal

VALID = "name: v, type: library, metric: invalidValues, mustBe: 0"


@pytest.mark.parametrize(
    "file, old, new, said",
    [
        pytest.param(
            PEOPLE,
            "name: people\nversion",
            "name: poeple\nversion",
            ["4: the table's name differs", "given: poeple", "expected: people"],
            id="a name that is not the file's",
        ),
        pytest.param(
            PEOPLE,
            "  - name: people\n",
            "  - name: poeple\n",
            ["10: the table's name differs", "given: poeple", "expected: people"],
            id="a schema name that is not the file's",
        ),
        pytest.param(
            PEOPLE,
            "name: seen_at",
            "name: seenAt",
            ["21: a column's name cannot be used", "given: seenAt", "lower case letters"],
            id="a column name in mixed case",
        ),
        pytest.param(
            PEOPLE,
            "name: seen_at",
            "name: _seen_at",
            ["21: a column's name", "given: _seen_at"],
            id="a column name of the engine's",
        ),
        pytest.param(
            NOTES,
            "name: day,",
            "name: who,",
            ["23: column who is declared twice"],
            id="a column declared twice",
        ),
        pytest.param(
            NOTES,
            "physicalType: bigint",
            "physicalType: bigynt",
            [
                "21: column id has a type that cannot be",
                "given: bigynt as integer",
                "expected: int, bigint or smallint",
            ],
            id="unknown type",
        ),
        pytest.param(
            NOTES,
            "logicalType: integer, physicalType: bigint",
            'logicalType: number, physicalType: "decimal(39,2)"',
            ["21: column id has a type that cannot be", "given: decimal(39,2) as number"],
            id="a decimal of too many digits",
        ),
        pytest.param(
            NOTES,
            "logicalType: integer, physicalType: bigint",
            'logicalType: number, physicalType: "decimal(05,02)"',
            ["21: column id has a type that cannot be", "given: decimal(05,02) as number"],
            id="a decimal that Spark writes otherwise",
        ),
        pytest.param(
            NOTES,
            "logicalType: integer, physicalType: bigint",
            'logicalType: number, physicalType: "decimal(0,0)"',
            ["21: column id has a type that cannot be", "given: decimal(0,0) as number"],
            id="a decimal without a digit",
        ),
        pytest.param(
            NOTES,
            "logicalType: integer, physicalType: bigint",
            "logicalType: string, physicalType: bigint",
            ["21: column id has a type that cannot be", "given: bigint as string", "expected: string or binary"],
            id="types that contradict each other",
        ),
        pytest.param(
            NOTES,
            "logicalType: integer, physicalType: bigint",
            "logicalType: object, physicalType: struct<a:int>",
            ["21: column id has a type that cannot be", "expected: string, integer"],
            id="a type the lake does not keep",
        ),
        pytest.param(
            PEOPLE,
            "        transformLogic: trim(who)",
            "        logicalTypeOptions: {format: yyyy}\n        transformLogic: trim(who)",
            ["19: column person has a format", "given: string"],
            id="a format on a text",
        ),
        pytest.param(
            PEOPLE,
            "        primaryKey: true\n",
            "",
            ["10: the table has no key", "expected: primaryKey: true"],
            id="no key",
        ),
        pytest.param(
            NOTES,
            "physicalType: string, description: Person.",
            "physicalType: string, primaryKey: true, description: Person.",
            ["16: the key's columns have no order", "given: id: -1, who: -1"],
            id="a key without order",
        ),
        pytest.param(
            PEOPLE,
            "transformLogic: trim(who)",
            "transformLogic: trim(who",
            ["19: the SQL does not parse", "given: SELECT trim(who", "expected: Spark SQL"],
            id="transformLogic that does not parse",
        ),
        pytest.param(
            PEOPLE,
            "transformLogic: trim(who)",
            "transformLogic: max(who)",
            ["19: not one expression over one row", "given: max(who)"],
            id="transformLogic over many rows",
        ),
        pytest.param(
            PEOPLE,
            "transformLogic: trim(who)",
            "transformLogic: trim(whom)",
            [
                "19: column person is made of what its input does not have",
                "given: whom",
                "expected: id, who, day, seen, _ingested_at",
            ],
            id="transformLogic over an unknown column",
        ),
        pytest.param(
            PEOPLE,
            "        transformLogic: trim(who)\n",
            "",
            ["14: column person is made of what its input does not have", "given: person"],
            id="a column the input does not have",
        ),
        pytest.param(
            PEOPLE,
            "transformLogic: trim(who)",
            "transformLogic: concat(who, current_date())",
            ["19: another answer on every call", "given: CURRENT_DATE", "business_date"],
            id="transformLogic that asks for today",
        ),
        pytest.param(
            PEOPLE,
            "        transformLogic: trim(who)\n",
            "        transformLogic: trim(who)\n        quality:\n"
            f"          - {{{VALID}, arguments: {{validValues: [DE, NO]}}}}\n",
            ["21: rule v has a valid value that is none of a string", "given: False", "write texts in quotes: 'NO'"],
            id="a valid value that YAML takes for a truth",
        ),
        pytest.param(
            VISITS,
            "        transformLogic: id\n",
            "        transformLogic: id\n        quality:\n"
            f"          - {{{VALID}, arguments: {{validValues: [1, '2']}}}}\n",
            ["21: rule v has a valid value that is none of a bigint", "given: '2'", "expected: int or float"],
            id="a valid value of another type",
        ),
        pytest.param(
            VISITS,
            "WHERE visit_date < DATE'2020-01-01'",
            "WHERE visit_date << ",
            ["35: the SQL does not parse", "expected: Spark SQL"],
            id="a rule that does not parse",
        ),
        pytest.param(
            VISITS,
            "WHERE visit_date < DATE'2020-01-01'",
            "WHERE visit_day < DATE'2020-01-01'",
            [
                "35: rule not_before_opening names a column the table does not have",
                "given: visit_day",
                "expected: visit_id, person, visit_date, seen_at",
            ],
            id="a rule over an unknown column",
        ),
        pytest.param(
            VISITS,
            "            mustBe: 0\n",
            "",
            ["35: rule not_before_opening needs exactly one", "given: 0"],
            id="a rule without a bound",
        ),
        pytest.param(
            VISITS,
            "FROM ${table} WHERE",
            "FROM visits WHERE",
            ["35: rule not_before_opening does not measure its table", "a query over ${table}"],
            id="a rule over another table",
        ),
        pytest.param(
            VISITS,
            "metric: rowCount",
            "metric: rowCounts",
            ["45: schema.0.quality.0.metric", "given: 'rowCounts'", "'rowCount'"],
            id="an unknown metric",
        ),
        pytest.param(
            VISITS,
            "metric: rowCount",
            "metric: nullValues",
            ["43: this metric needs a column", "move the rule under a property"],
            id="a column's metric on the table",
        ),
        pytest.param(
            VISITS,
            "{property: scope, value: table}",
            "{property: scope, value: moon}",
            ["43: unknown custom property on rule not_empty", "given: scope: moon", "expected: scope: row | table"],
            id="an unknown scope",
        ),
        pytest.param(
            VISITS,
            "{property: scope, value: table}",
            "{property: scope, value: row}",
            ["43: rule not_empty cannot be decided row by row", "scope: table"],
            id="a table's metric for rows",
        ),
        pytest.param(
            VISITS,
            "name: not_empty",
            "name: not_before_opening",
            ["35: two rules are named not_before_opening"],
            id="two rules of one name",
        ),
        pytest.param(
            NOTES,
            "description: Person.}",
            "description: Person., quality: [{name: known, type: library, metric: nullValues, mustBe: 0}]}",
            ["22: column who has quality, which does nothing on a table that is ingested", "to fix: write it on"],
            id="a rule on a column of bronze",
        ),
        pytest.param(
            NOTES,
            "    customProperties:\n      - {property: writeDisposition",
            "    quality: [{name: some, type: library, metric: rowCount, mustBe: 0}]\n"
            "    customProperties:\n      - {property: writeDisposition",
            ["25: a bronze table has no rules"],
            id="a rule on a table of bronze",
        ),
        pytest.param(
            DAYS,
            "description: Visits.}",
            "description: Visits., transformLogic: visits}",
            ["15: column visits has transformLogic, which does nothing on a table that is built"],
            id="logic on a built table",
        ),
    ],
)
def test_a_bad_contract_is_refused_with_file_and_line(tmp_path, file, old, new, said):
    text = refusal(tmp_path, file, old, new)

    assert f"{file}:{said[0]}" == text[: len(f"{file}:{said[0]}")], text
    assert [] == [part for part in said if part not in text], text
