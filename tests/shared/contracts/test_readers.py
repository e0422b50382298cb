"""Who may read a table, and which rows: refused where Lake Formation would refuse it, long before a deploy."""

import pytest

from shared.contracts import Reader, load_catalog
from tests.support.small_catalog import PEOPLE, refusal, write_catalog

ROLES = """\
roles:
  - {role: analyst, access: read}
  - role: clerk
    customProperties:
      - {property: rowFilter, value: "FILTER"}
"""
CUSTOM = "      - {property: sequenceBy, value: [seen_at]}\n"


def with_roles(roles):
    return CUSTOM, CUSTOM + roles


def test_roles_become_readers_of_all_rows_or_of_some(tmp_path):
    roles = ROLES.replace("FILTER", "person like 'A%' and seen_at is not null")
    catalog = load_catalog(write_catalog(tmp_path, {PEOPLE: with_roles(roles)}))

    assert (
        Reader(role="analyst"),
        Reader(role="clerk", row_filter="person like 'A%' and seen_at is not null"),
    ) == catalog.tables["silver.people"].readers


@pytest.mark.parametrize(
    "roles, said",
    [
        pytest.param(
            ROLES.replace("FILTER", "age > 1"), ["names what is no column", "given: age"], id="a column that is not"
        ),
        pytest.param(
            ROLES.replace("FILTER", "upper(person) = 'A'"),
            ["none that Lake Formation takes", "given: UPPER(person)"],
            id="a function",
        ),
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
def test_readers_that_cannot_be_are_refused(tmp_path, roles, said):
    text = refusal(tmp_path, PEOPLE, *with_roles(roles))

    assert [] == [part for part in said if part not in text]
