"""A contract is refused if it would fail in each run, or give another answer in each."""

import pytest

from shared.contracts import load_catalog
from tests.support.small_catalog import DAYS_SQL, PEOPLE, VISITS, refusal, write_catalog

MERGE = "      - {property: writeDisposition, value: merge}\n"
SEEN = "{name: seen_at, logicalType: timestamp, physicalType: timestamp, transformLogic: seen, description: Stamp.}"
DROPPED = (
    f"{SEEN}\n      - {{name: whole, logicalType: string, physicalType: string, classification: restricted, "
    "transformLogic: who, description: Name., customProperties: [{property: treatment, value: drop}], quality: [RULE]}"
)
RULE = "SELECT COUNT(*) FROM ${table} WHERE visit_date < DATE'2020-01-01'"


def clustered(by, disposition=MERGE):
    return disposition, f"{disposition}      - {{property: clusterBy, value: [{by}]}}\n"


@pytest.mark.parametrize(
    "file, old, new, said",
    [
        pytest.param(
            VISITS,
            *clustered("visit_id, visit_id"),
            ["51: clusterBy is nothing that Delta", "given: visit_id, visit_id", "at most 4 columns, each once"],
            id="clustered by a column twice",
        ),
        pytest.param(
            VISITS, RULE, "DELETE FROM ${table}", ["35: not a SELECT", "given: DELETE FROM ${table}"], id="a delete"
        ),
        pytest.param(
            VISITS,
            RULE,
            "SHOW TABLES LIKE '${table}'",
            ["35: not a SELECT", "expected: a SELECT over ${table}"],
            id="what is no query",
        ),
        pytest.param(
            VISITS,
            RULE,
            "SELECT COUNT(*) FROM ${table} WHERE visit_date > 'tomorrow'",
            ["35: another answer on every call", "given: visit_date > 'tomorrow'"],
            id="a rule that compares a date with tomorrow",
        ),
        pytest.param(
            VISITS,
            "transformLogic: seen,",
            "transformLogic: \"if(seen > 'now', NULL, seen)\",",
            ["another answer on every call", "given: seen > 'now'"],
            id="a moment compared with now",
        ),
        pytest.param(
            DAYS_SQL,
            "GROUP BY visit_date",
            "WHERE visit_date BETWEEN 'yesterday' AND 'today' GROUP BY visit_date",
            ["4: another answer on every call", "the one-row table `business_date`"],
            id="a query between yesterday and today",
        ),
        pytest.param(
            PEOPLE,
            SEEN,
            DROPPED.replace("RULE", "{name: one, type: library, metric: duplicateValues, mustBe: 0}"),
            ["rule one names a column the table does not have", "given: whole", "seen by rules on single rows only"],
            id="a rule of the table on a column that is dropped",
        ),
        pytest.param(
            PEOPLE,
            "id: silver-people",
            "id: silver-visits",
            ["two contracts have one id", "given: silver-visits"],
            id="an id twice",
        ),
        pytest.param(
            PEOPLE,
            "status: active",
            "status: active\ndomain: Sales & Marketing",
            ["7: domain", "given: 'Sales & Marketing'"],
            id="a domain that is no value of a tag",
        ),
        pytest.param(
            VISITS,
            "to: people.person",
            "to: bronze.desk__notes.who",
            ["25: column person points to a table that is ingested", "expected: a table that is refined"],
            id="a parent as it is landed",
        ),
    ],
)
def test_what_no_run_could_do_is_refused(tmp_path, file, old, new, said):
    text = refusal(tmp_path, file, old, new)

    assert [] == [part for part in said if part not in text], text


@pytest.mark.parametrize(
    "columns, given",
    [
        (["string"] * 5, "c0, c1, c2, c3, c4"),
        (["string", "binary"], "c1: binary"),
        (["array<int>"], "c0: array<int>"),
        (["boolean"], "c0: boolean"),
    ],
)
def test_a_table_is_clustered_by_what_delta_skips_files_by(tmp_path, columns, given):
    logical = {"binary": "string", "array<int>": "array"}
    line = "      - {{name: c{}, logicalType: {}, physicalType: '{}', transformLogic: 'null', description: C.}}\n"
    more = "".join(line.format(i, logical.get(type_, type_), type_) for i, type_ in enumerate(columns))
    names = ", ".join(f"c{i}" for i in range(len(columns)))
    write_catalog(tmp_path, {VISITS: clustered(names)})
    visits = tmp_path / VISITS
    visits.write_text(
        visits.read_text().replace(
            "    quality:\n      - name: not_empty", f"{more}    quality:\n      - name: not_empty"
        )
    )

    with pytest.raises(Exception, match=r"clusterBy is nothing that Delta") as refused:
        load_catalog(tmp_path)
    assert f"given: {given};" in str(refused.value)


def test_a_rule_on_rows_sees_a_column_that_is_dropped(tmp_path):
    rule = "{name: known, type: library, metric: nullValues, mustBe: 0}"
    people = load_catalog(write_catalog(tmp_path, {PEOPLE: (SEEN, DROPPED.replace("RULE", rule))}))

    assert ["known"] == [r.name for r in people.table("silver.people").row_rules]


def test_the_word_today_within_a_text_is_allowed(tmp_path):
    logic = ("transformLogic: seen,", "transformLogic: \"if(who = 'today', NULL, seen)\",")
    assert load_catalog(write_catalog(tmp_path, {VISITS: logic}))
