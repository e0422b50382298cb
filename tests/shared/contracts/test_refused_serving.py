"""Tables that cannot be served as their contract says are refused with file and line, given and expected."""

import pytest

from shared.contracts import load_catalog
from shared.errors import ContractError
from shared.serving import Target
from tests.support.small_catalog import DAYS, DAYS_SQL, FILES, NOTES, PEOPLE, refusal, write_catalog

HEAD = "description:\n  purpose: {}.\n"
SERVERS = 'servers:\n  - {{server: api, type: {}, location: "{}"}}\n'


def served(purpose, type_="api", location="/days/{visit_date}"):
    head = HEAD.format(purpose)
    return head, head + SERVERS.format(type_, location)


def test_a_built_table_may_be_served(tmp_path):
    table = load_catalog(write_catalog(tmp_path, {DAYS: served("Visits by day")})).table("gold.days")

    assert str(table.served_at) == "/days/{visit_date}"


@pytest.mark.parametrize(
    "file, change, said",
    [
        pytest.param(
            DAYS,
            served("Visits by day", "s3"),
            "given: type: s3; expected: one of type: api, type: snowflake",
            id="another kind",
        ),
        pytest.param(
            DAYS,
            served("Visits by day", location="/days"),
            "expected: type: api, location: /<collection>/{visit_date}",
            id="a path without a key",
        ),
        pytest.param(
            DAYS, served("Visits by day", location="/days/{visits}"), "given: type: api", id="a column that is no key"
        ),
        pytest.param(
            PEOPLE, served("People"), "a refined table has no source and is not served", id="a table that is refined"
        ),
        pytest.param(
            DAYS,
            (
                FILES[DAYS],
                FILES[DAYS]
                .replace(*served("Visits by day"))
                .replace("bigint, ", "bigint, classification: restricted, "),
            ),
            "given: column visits is classified",
            id="a classified column",
        ),
        pytest.param(
            DAYS,
            (
                FILES[DAYS],
                FILES[DAYS].replace(*served("Visits by day"))
                + "roles:\n  - role: desk\n    access: read\n    customProperties:\n"
                + "      - {property: rowFilter, value: visits > 1}\n",
            ),
            "given: desk sees some of the rows only",
            id="rows that are not for all",
        ),
        *(
            pytest.param(
                DAYS,
                (
                    FILES[DAYS],
                    FILES[DAYS]
                    .replace(*served("Visits by day"))
                    .replace("logicalType: date, physicalType: date", f'logicalType: {kind}, physicalType: "{type_}"'),
                ),
                f"the key visit_date cannot stand in a path; given: {type_}",
                id=f"a key of {type_}",
            )
            for kind, type_ in (("number", "double"), ("boolean", "boolean"), ("array", "array<string>"))
        ),
    ],
)
def test_what_cannot_be_served_is_refused(tmp_path, file, change, said):
    text = refusal(tmp_path, file, *change)

    assert text.startswith(f"{file}:")
    assert said in text


MARTS = "  - {server: marts, type: snowflake, database: MARTS, schema: SALES}\n"


def published(purpose, server=MARTS):
    head = HEAD.format(purpose)
    return head, f"{head}servers:\n{server}"


def test_a_built_table_may_be_published_to_snowflake_and_served(tmp_path):
    head, alone = published("Visits by day")
    table = load_catalog(write_catalog(tmp_path, {DAYS: (head, alone)})).table("gold.days")
    assert ({Target.SNOWFLAKE}, "MARTS.SALES.DAYS", "marts") == (
        set(table.targets),
        str(table.published_to),
        table.published_to.connection,
    )

    both = load_catalog(write_catalog(tmp_path / "both", {DAYS: (head, served("Visits by day")[1] + MARTS)}))
    assert ["/days/{visit_date}", "MARTS.SALES.DAYS"] == [str(p) for p in both.table("gold.days").targets.values()]


@pytest.mark.parametrize(
    "file, server, other, said",
    [
        pytest.param(DAYS, MARTS + MARTS, (), "11: a built table is published to each kind of server once", id="twice"),
        pytest.param(
            DAYS,
            "  - {server: marts, type: snowflake, database: MARTS}\n",
            (),
            "given: database: MARTS, schema: None; expected: database: <database>, schema: <schema>",
            id="no schema",
        ),
        pytest.param(
            DAYS,
            MARTS,
            ("bigint, ", "bigint, classification: restricted, "),
            "given: column visits is classified",
            id="a classified column",
        ),
        pytest.param(
            DAYS,
            MARTS,
            ("logicalType: integer, physicalType: bigint", 'logicalType: array, physicalType: "array<int>"'),
            "column visits has a type that is not published to Snowflake; given: array<int>",
            id="an array",
        ),
        pytest.param(
            PEOPLE, MARTS, (), "a refined table has no source and is not served", id="a table that is refined"
        ),
    ],
)
def test_what_cannot_be_published_to_snowflake_is_refused(tmp_path, file, server, other, said):
    head, changed = published("People" if file == PEOPLE else "Visits by day", server)
    text = FILES[file].replace(head, changed)
    text = text.replace(*other) if other else text

    refused = refusal(tmp_path, file, FILES[file], text)
    assert refused.startswith(f"{file}:")
    assert said in refused


def test_a_connection_to_something_else_is_refused(tmp_path):
    days = published("Visits by day", MARTS.replace("server: marts", "server: desk"))
    write_catalog(tmp_path, {NOTES: ("type: snowflake", "type: redshift"), DAYS: days})

    with pytest.raises(ContractError, match=r"gold/days.*the connection desk is none to Snowflake; given: a source of"):
        load_catalog(tmp_path)


def test_two_tables_are_not_published_to_one_table_of_snowflake(tmp_path):
    write_catalog(tmp_path, {DAYS: published("Visits by day")})
    other = FILES[DAYS].replace(*published("Visits by day")).replace("days\n", "weeks\n")
    other = other.replace("  - name: weeks\n", "  - name: weeks\n    physicalName: DAYS\n")
    (tmp_path / "gold" / "weeks.odcs.yaml").write_text(other)
    (tmp_path / "gold" / "weeks.sql").write_text(FILES[DAYS_SQL])

    with pytest.raises(ContractError, match=r"at one place; given: MARTS\.SALES\.DAYS, where gold\.days is"):
        load_catalog(tmp_path)


def test_two_tables_are_not_served_at_one_place(tmp_path):
    write_catalog(tmp_path, {DAYS: served("Visits by day")})
    other = FILES[DAYS].replace(*served("Visits by day")).replace("days\n", "weeks\n")
    (tmp_path / "gold" / "weeks.odcs.yaml").write_text(other)
    (tmp_path / "gold" / "weeks.sql").write_text(FILES[DAYS_SQL])

    with pytest.raises(ContractError, match=r"at one place; given: /days/, where gold\.days is"):
        load_catalog(tmp_path)
