"""Tables that cannot be served as their contract says: refused, naming file and line, given and expected."""

import pytest

from shared.contracts import load_catalog
from shared.errors import ContractError
from tests.support.small_catalog import DAYS, DAYS_SQL, FILES, PEOPLE, refusal, write_catalog

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
        pytest.param(DAYS, served("Visits by day", "s3"), "given: type: s3, location: /days/{visit_date}", id="no API"),
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
        pytest.param(
            DAYS,
            (
                FILES[DAYS],
                FILES[DAYS]
                .replace(*served("Visits by day"))
                .replace("logicalType: date, physicalType: date", "logicalType: number, physicalType: double"),
            ),
            "the key visit_date cannot stand in a path",
            id="a key that is no text",
        ),
    ],
)
def test_what_cannot_be_served_is_refused(tmp_path, file, change, said):
    text = refusal(tmp_path, file, *change)

    assert text.startswith(f"{file}:")
    assert said in text


def test_two_tables_are_not_served_at_one_place(tmp_path):
    write_catalog(tmp_path, {DAYS: served("Visits by day")})
    other = FILES[DAYS].replace(*served("Visits by day")).replace("days\n", "weeks\n")
    (tmp_path / "gold" / "weeks.odcs.yaml").write_text(other)
    (tmp_path / "gold" / "weeks.sql").write_text(FILES[DAYS_SQL])

    with pytest.raises(ContractError, match=r"at one place; given: /days/, where gold\.days is"):
        load_catalog(tmp_path)
