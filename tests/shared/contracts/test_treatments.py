"""No personal value leaves bronze by any path unless a contract says how it is treated."""

from dataclasses import replace

import pytest

from shared.contracts import Treatment, load_catalog
from shared.contracts.evolution.as_built import contract_facts, since_built
from shared.contracts.evolution.changes import ChangeKind
from shared.contracts.evolution.policy import Level
from tests.support.small_catalog import DAYS_SQL, NOTES, PEOPLE, VISITS, refusal, write_catalog

WHO = "{name: who, logicalType: string, physicalType: string, description: Person.}"
HASHED = "        classification: restricted\n        customProperties: [{property: treatment, value: hmac}]\n"
HASHED_VISITOR = ("        transformLogic: trim(who)\n", "        transformLogic: trim(who)\n" + HASHED)
CLOSED_WHO = "{name: who, logicalType: string, physicalType: string, classification: restricted, description: Person.}"
LOGIC = "        transformLogic: trim(who)\n        description: Person.\n"


def treated(treatment, classification="restricted"):
    """The end of a column's entry, with a classification and a treatment."""
    return (
        f"        classification: {classification}\n"
        f"        customProperties: [{{property: treatment, value: {treatment}}}]\n{LOGIC}"
    )


@pytest.mark.parametrize(
    "file, old, new, words",
    [
        pytest.param(
            PEOPLE,
            LOGIC,
            f"        classification: restricted\n{LOGIC}",
            ["19: column person is restricted, and no treatment says", "expected: the custom property treatment"],
            id="classified without treatment",
        ),
        pytest.param(
            PEOPLE,
            LOGIC,
            treated("rot13"),
            ["20: unknown treatment of column person", "given: rot13", "one of hmac, maskLast4"],
            id="a treatment that does not exist",
        ),
        pytest.param(
            PEOPLE,
            LOGIC,
            treated("hmac", "internal"),
            ["20: column person is treated and not classified", "given: internal"],
            id="treated without need",
        ),
        pytest.param(
            PEOPLE,
            LOGIC,
            treated("maskLast4"),
            ["20: column person is a key, and maskLast4 makes different values equal", "expected: one of hmac"],
            id="a key that is masked",
        ),
        pytest.param(
            PEOPLE,
            LOGIC,
            treated("year"),
            ["16: column person has a type that its treatment does not give", "given: string for year", "int"],
            id="a type that the treatment does not give",
        ),
        pytest.param(
            PEOPLE,
            "physicalType: timestamp, transformLogic: seen,",
            "physicalType: timestamp, classification: restricted, transformLogic: seen, "
            "customProperties: [{property: treatment, value: drop}],",
            ["sequenceBy names a column the table does not have", "given: seen_at"],
            id="an order that is dropped",
        ),
        pytest.param(
            PEOPLE,
            LOGIC,
            treated("hmac").replace("treatment", "treatmnt"),
            ["20: unknown custom property", "given: treatmnt", "expected: refersTo, renamedFrom, treatment"],
            id="a misspelt treatment",
        ),
        pytest.param(
            PEOPLE,
            LOGIC,
            treated("[hmac]"),
            ["20: unknown treatment of column person", "given: ['hmac']", "expected: one of hmac"],
            id="a list of treatments",
        ),
        pytest.param(
            NOTES,
            WHO,
            CLOSED_WHO,
            ["19: column person is made of personal data and has no treatment", "given: bronze.desk__notes.who"],
            id="made of a classified column",
        ),
        pytest.param(
            NOTES,
            WHO,
            f"{CLOSED_WHO[:-1]}, customProperties: [{{property: treatment, value: hmac}}]}}",
            ["22: column who has a treatment, which does nothing on a table that is ingested"],
            id="a treatment in bronze",
        ),
        pytest.param(
            NOTES,
            "physicalType: timestamp, description: Stamp.",
            "physicalType: timestamp, classification: restricted, description: Stamp.",
            ["cursor names seen, which is restricted", "a value in clear, which the log would tell"],
            id="a cursor that is personal",
        ),
        pytest.param(
            VISITS,
            "        transformLogic: trim(who)\n        relationships",
            "        transformLogic: trim(who)\n        classification: restricted\n"
            "        customProperties: [{property: treatment, value: hmac}]\n        relationships",
            ["column person and its parent's key are treated differently", "given: hmac", "expected: None"],
            id="a foreign key unlike its parent",
        ),
    ],
)
def test_a_contract_that_would_let_a_personal_value_out_is_refused(tmp_path, file, old, new, words):
    told = refusal(tmp_path, file, old, new)

    assert [] == [word for word in words if word not in told], told


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(
            "SELECT seen AS visit_date, COUNT(*) AS visits FROM bronze.desk__notes GROUP BY seen, who", id="it"
        ),
        pytest.param(
            "SELECT n.day AS visit_date, COUNT(*) AS visits FROM bronze.desk__notes AS n "
            "JOIN silver.visits AS v ON v.person = n.who GROUP BY n.day",
            id="a join",
        ),
        pytest.param(
            "WITH all_of AS (SELECT * FROM bronze.desk__notes) SELECT who AS visit_date, 1 AS visits FROM all_of",
            id="a star in a part of it",
        ),
        pytest.param(
            "WITH a AS (SELECT c.day, c.who FROM bronze.desk__notes c), b AS (SELECT c.person FROM silver.visits c) "
            "SELECT a.day AS visit_date, COUNT(a.who) AS visits FROM a LEFT JOIN b ON b.person = a.day GROUP BY a.day",
            id="an alias that is another table elsewhere",
        ),
        pytest.param(
            "SELECT WHO AS visit_date, 1 AS visits FROM bronze.desk__notes JOIN silver.visits", id="in capitals"
        ),
    ],
)
def test_a_built_table_reads_no_personal_column_in_clear(tmp_path, query):
    changes = {NOTES: (WHO, CLOSED_WHO), PEOPLE: (LOGIC, treated("hmac")), DAYS_SQL: (DAYS_SQL_TEXT, query)}
    changes[VISITS] = HASHED_VISITOR
    write_catalog(tmp_path, changes)

    with pytest.raises(
        Exception, match=r"gold/days.sql:1: the query reads personal data that is still in clear"
    ) as told:
        load_catalog(tmp_path)
    assert "bronze.desk__notes.who" in str(told.value)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT to_json(struct(*)) AS visit_date, 1 AS visits FROM bronze.desk__notes",
        "SELECT n.day AS visit_date, COUNT(n.*) AS visits FROM bronze.desk__notes AS n GROUP BY n.day",
        "SELECT * FROM bronze.desk__notes PIVOT (COUNT(*) FOR day IN ('a' AS visit_date, 'b' AS visits))",
    ],
)
def test_a_star_that_cannot_be_expanded_counts_as_personal_columns_too(tmp_path, query):
    changes = {NOTES: (WHO, CLOSED_WHO), PEOPLE: (LOGIC, treated("hmac")), DAYS_SQL: (DAYS_SQL_TEXT, query)}
    write_catalog(tmp_path, changes | {VISITS: HASHED_VISITOR})

    with pytest.raises(Exception, match=r"personal data that is still in clear; given: bronze\.desk__notes\.\*"):
        load_catalog(tmp_path)


@pytest.mark.parametrize("logic", ["lower(WHO)", "to_json(struct(*))"])
def test_a_refined_column_of_personal_data_is_found_however_it_is_written(tmp_path, logic):
    seen = "transformLogic: seen, description: Stamp.}"
    word = f"{{name: word, logicalType: string, physicalType: string, transformLogic: {logic}, description: Word.}}"
    changes = {NOTES: (WHO, CLOSED_WHO), VISITS: HASHED_VISITOR}
    write_catalog(tmp_path, changes)
    people = tmp_path / PEOPLE
    text = people.read_text().replace(LOGIC, treated("hmac")).replace(seen, f"{seen}\n      - {word}")
    people.write_text(text)

    with pytest.raises(Exception, match=r"column word is made of personal data and has no treatment"):
        load_catalog(tmp_path)


@pytest.mark.parametrize(
    "made",
    [
        "col AS w FROM batch, LATERAL explode(split(who, ' '))",
        "col AS w FROM batch JOIN LATERAL explode(split(who, ' ')) AS l",
    ],
)
def test_what_a_function_makes_of_a_row_may_be_personal_data(tmp_path, made):
    seen = "transformLogic: seen, description: Stamp.}"
    word = "{name: word, logicalType: string, physicalType: string, transformLogic: w, description: Word.}"
    write_catalog(tmp_path, {NOTES: (WHO, CLOSED_WHO), VISITS: HASHED_VISITOR})
    people = tmp_path / PEOPLE
    hashed = treated("hmac").replace("trim(who)", "cast(id AS STRING)")
    people.write_text(people.read_text().replace(LOGIC, hashed).replace(seen, f"{seen}\n      - {word}"))
    (tmp_path / "silver/people.sql").write_text(f"SELECT id, seen, _sequence, _source_position, {made}")

    with pytest.raises(Exception, match=r"column word is made of personal data and has no treatment"):
        load_catalog(tmp_path)


DAYS_SQL_TEXT = """\
SELECT visit_date,
       COUNT(*) AS visits
FROM   silver.visits
GROUP BY visit_date
"""


def test_a_treated_column_has_both_its_types_and_a_dropped_one_is_not_stored(tmp_path):
    seen = "{name: seen_at, logicalType: timestamp, physicalType: timestamp, transformLogic: seen, description: Stamp.}"
    year = (
        f"{seen}\n      - {{name: first_year, logicalType: integer, physicalType: int, classification: restricted, "
        "transformLogic: day, logicalTypeOptions: {format: yyyy}, description: Year., "
        "customProperties: [{property: treatment, value: year}]}\n"
        "      - {name: whole_name, logicalType: string, physicalType: string, classification: restricted, "
        "transformLogic: who, description: Name., customProperties: [{property: treatment, value: drop}]}"
    )
    write_catalog(tmp_path, {PEOPLE: (seen, year)})

    people = load_catalog(tmp_path).table("silver.people")

    assert ("person", "seen_at", "first_year") == people.column_names
    assert ("int", "date", Treatment.YEAR) == (
        people.columns[-1].type,
        people.columns[-1].clear_type,
        people.columns[-1].treatment,
    )
    assert ["whole_name"] == [c.name for c in people.dropped]


def test_only_bronze_with_classified_columns_lies_in_the_place_of_personal_data(tmp_path):
    changes = {NOTES: (WHO, CLOSED_WHO), PEOPLE: (LOGIC, treated("hmac"))}
    changes[VISITS] = HASHED_VISITOR
    catalog = load_catalog(write_catalog(tmp_path, changes))

    assert ["bronze.desk__notes"] == [name for name, table in catalog.tables.items() if table.is_personal]
    assert {"bronze.desk__notes", "silver.people", "silver.visits"} == {
        name for name, table in catalog.tables.items() if table.meets_personal
    }
    assert ("who", "_rescued") == catalog.table("bronze.desk__notes").closed_columns


@pytest.mark.parametrize("after", [Treatment.MASK_LAST4, Treatment.TOKENIZE])
def test_another_treatment_of_a_column_that_is_stored_breaks_its_readers(tmp_path, after):
    closed = {NOTES: (WHO, CLOSED_WHO), VISITS: HASHED_VISITOR}
    old = load_catalog(write_catalog(tmp_path / "old", closed | {PEOPLE: (LOGIC, treated("hmac"))}))
    stored = {c.name: c.type for c in old.table("silver.visits").columns}
    facts = contract_facts(old.table("silver.visits"))
    new = replace(
        old.table("silver.visits"),
        columns=tuple(replace(c, treatment=after) if c.treatment else c for c in old.table("silver.visits").columns),
    )

    _, unchanged = since_built(old.table("silver.visits"), stored, facts, "")
    _, [changed] = since_built(new, stored, facts, "")

    assert () == unchanged
    assert (ChangeKind.TREATMENT_CHANGED, "hmac", str(after)) == (
        changed.change.what,
        changed.change.before,
        changed.change.after,
    )
    assert Level.BREAKING is changed.level


def test_a_treated_column_that_a_dead_run_added_is_not_one_whose_treatment_changed(tmp_path):
    """The column exists, and the last batch is older than it."""
    closed = {NOTES: (WHO, CLOSED_WHO), PEOPLE: (LOGIC, treated("hmac")), VISITS: HASHED_VISITOR}
    visits = load_catalog(write_catalog(tmp_path, closed)).table("silver.visits")
    stored = {c.name: c.type for c in visits.columns}
    before = replace(visits, columns=tuple(c for c in visits.columns if not c.treatment))

    assert () == since_built(visits, stored, contract_facts(before), "")[1]
