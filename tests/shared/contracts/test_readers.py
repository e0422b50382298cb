"""Who may read a table, and which rows; what Lake Formation would refuse is refused long before a deploy."""

import pytest

from shared.contracts import Reader, load_catalog
from shared.errors import ContractError
from tests.support.small_catalog import FILES, PEOPLE, VISITS, refusal, write_catalog

ROLES = """\
roles:
  - {role: analyst, access: read}
  - role: clerk
    customProperties:
      - {property: rowFilter, value: "FILTER"}
"""
TOKENIZED = "        classification: restricted\n        customProperties: [{property: treatment, value: tokenize}]\n"
CUSTOM = "      - {property: sequenceBy, value: [seen_at]}\n"


def with_roles(roles):
    return CUSTOM, CUSTOM + roles


def test_roles_become_readers_of_all_rows_or_of_some(tmp_path):
    roles = ROLES.replace("FILTER", "person like 'A%' and seen_at is not null and person != '1L'")
    catalog = load_catalog(write_catalog(tmp_path, {PEOPLE: with_roles(roles)}))

    assert (
        Reader(role="analyst"),
        Reader(role="clerk", row_filter="person like 'A%' and seen_at is not null and person != '1L'"),
    ) == catalog.tables["silver.people"].readers


def test_a_role_may_turn_tokens_back_whether_it_reads_the_table_or_not(tmp_path):
    roles = (
        "roles:\n  - {role: analyst}\n  - {role: analyst, access: detokenize}\n  - {role: desk, access: detokenize}\n"
    )
    catalog = load_catalog(write_catalog(tmp_path, tokenizing(CUSTOM + roles)))
    [people, visits] = catalog.vaults

    assert (Reader(role="analyst"),) == catalog.tables["silver.people"].readers
    assert ("silver__people", ("analyst", "desk")) == (people.name, people.readers)
    assert ("silver__visits", ()) == (visits.name, visits.readers)


def tokenizing(custom):
    """Changes of the contracts that tokenize persons, with another end of the contract of people."""
    person = "        transformLogic: trim(who)\n"
    text = FILES[PEOPLE].replace(person, TOKENIZED + person).replace(CUSTOM, custom)
    return {PEOPLE: (FILES[PEOPLE], text), VISITS: (person, TOKENIZED + person)}


@pytest.mark.parametrize(
    "roles, said",
    [
        pytest.param(
            "roles:\n  - {role: desk, access: detokenize}\n",
            ["the role desk may turn back what is not there", "a column with the treatment tokenize"],
            id="no tokens",
        ),
        pytest.param(
            ROLES.replace("FILTER", "age > 1"), ["names what is no column", "given: age"], id="a column that is not"
        ),
        pytest.param(
            ROLES.replace("FILTER", "upper(person) = 'A'"),
            ["none that Lake Formation takes", "given: UPPER(person)"],
            id="a function",
        ),
        pytest.param(ROLES.replace("FILTER", "person == 'A'"), ["as Spark alone reads it", "given: =="], id="two ="),
        pytest.param(
            ROLES.replace('"FILTER"', "'person = \"A\"'"), ["as Spark alone reads it", 'given: "'], id="double quotes"
        ),
        *(
            pytest.param(ROLES.replace("FILTER", written), ["as Spark alone reads it", f"given: {sign}"], id=written)
            for written, sign in {
                "person::string = 'A'": "::",
                "try_cast(person AS INT) = 1": "try_cast",
                "! (person = 'A')": "!",
                "cast(person AS INT) = 1L": "1L",
                "person = 'A' -- all": "--",
            }.items()
        ),
        pytest.param(ROLES.replace("FILTER", "seen_at > 'today'"), ["another answer on every call"], id="tomorrow"),
        pytest.param(ROLES.replace("FILTER", "count(*) > 1"), ["not one expression over one row"], id="many rows"),
        pytest.param(
            ROLES.replace("role: clerk", "role: analyst").replace("FILTER", "person = 'A'"),
            ["the role analyst stands there twice"],
            id="a role twice",
        ),
        pytest.param("roles:\n  - {role: clerk, access: write}\n", ["given: 'write'"], id="a right there is not"),
        pytest.param("roles:\n  - {role: The Clerk}\n", ["bad value", "given: 'The Clerk'"], id="no plain name"),
        pytest.param(
            ROLES.replace("rowFilter", "rows").replace("FILTER", "person = 'A'"),
            ["unknown custom property", "given: rows", "expected: rowFilter"],
            id="a property that is not known",
        ),
    ],
)
def test_impossible_readers_are_refused(tmp_path, roles, said):
    text = refusal(tmp_path, PEOPLE, *with_roles(roles))

    assert [] == [part for part in said if part not in text]


@pytest.mark.parametrize(
    "roles, query, said",
    [
        pytest.param(
            "roles:\n  - role: desk\n    access: detokenize\n"
            "    customProperties: [{property: rowFilter, value: \"person = 'A'\"}]\n",
            "",
            "the role desk may turn back tokens of some rows only",
            id="some rows",
        ),
        pytest.param(
            "",
            "SELECT who, seen, _sequence, _source_position FROM batch",
            "column person is tokenized in a table whose rows a query makes",
            id="a query",
        ),
    ],
)
def test_tokens_that_cannot_be_followed_are_refused(tmp_path, roles, query, said):
    write_catalog(tmp_path, tokenizing(CUSTOM + roles))
    if query:
        (tmp_path / "silver" / "people.sql").write_text(query)

    with pytest.raises(ContractError, match=said):
        load_catalog(tmp_path)
