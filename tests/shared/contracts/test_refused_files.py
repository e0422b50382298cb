"""Files and cycles are refused that are not the fault of a single word of one contract."""

import pytest

from shared.contracts import load_catalog
from shared.errors import ContractError
from tests.support.small_catalog import DAYS, DAYS_SQL, FILES, PEOPLE, VISITS, write_catalog

KEY_AND_INPUT = """\
        primaryKey: true
        transformSourceObjects: [bronze.desk__notes]
        transformLogic: id
        description: Visit.
      - name: person
"""
INPUT_AND_KEY = """\
        transformSourceObjects: [bronze.desk__notes]
        transformLogic: id
        description: Visit.
      - name: person
        primaryKey: true
"""


def test_the_small_catalog_is_valid(tmp_path):
    assert 4 == len(load_catalog(write_catalog(tmp_path)).tables)


def test_a_cycle_of_parents_is_refused_at_its_last_link(tmp_path):
    write_catalog(
        tmp_path,
        {
            PEOPLE: (
                "        transformLogic: trim(who)",
                "        transformLogic: trim(who)\n        relationships: [{to: visits.person}]",
            ),
            VISITS: (KEY_AND_INPUT, INPUT_AND_KEY),
        },
    )

    with pytest.raises(ContractError, match=r"^silver/(people|visits)\.odcs\.yaml:2\d: tables depend .* in a circle"):
        load_catalog(tmp_path)


@pytest.mark.parametrize(
    "name, content, place",
    [
        pytest.param("silver/visit.sql", "SELECT 1", "silver/visit.sql:1: this file belongs to no table", id="a query"),
        pytest.param("gold/days.yaml", "a: 1", "gold/days.yaml:1: this file belongs to no table", id="a contract"),
        pytest.param(
            "bronze/desk__notes.sql",
            "SELECT *, _sequence, _source_position FROM batch",
            "bronze/desk__notes.odcs.yaml:1: a bronze table is what its source says",
            id="a query beside a bronze table",
        ),
    ],
)
def test_a_file_that_belongs_to_no_table_is_refused(tmp_path, name, content, place):
    write_catalog(tmp_path)
    (tmp_path / name).write_text(content, encoding="utf-8")

    with pytest.raises(ContractError) as refused:
        load_catalog(tmp_path)

    assert place == str(refused.value)[: len(place)]


REFRESH = "      - {property: writeDisposition, value: refresh}\n"
SERVERS = "servers:\n  - {server: api, type: api, location: /days}\n"


@pytest.mark.parametrize(
    "old, new, line, given",
    [
        pytest.param("", "", 17, "writeDisposition: refresh", id="refreshed"),
        pytest.param(
            REFRESH,
            f"      - {{property: refreshBy, value: visit_date}}\n{REFRESH}",
            18,
            "writeDisposition: refresh, refreshBy",
            id="refreshed by groups",
        ),
        pytest.param(
            f"    customProperties:\n{REFRESH}", SERVERS, 16, "servers and no transformSourceObjects", id="served"
        ),
    ],
)
def test_a_table_whose_query_is_not_written_or_misnamed_is_told_so(tmp_path, old, new, line, given):
    write_catalog(tmp_path, {DAYS: (old, new)})
    (tmp_path / DAYS_SQL).unlink()

    with pytest.raises(ContractError) as refused:
        load_catalog(tmp_path)
    (tmp_path / "gold/day.sql").write_text(FILES[DAYS_SQL], encoding="utf-8")
    with pytest.raises(ContractError, match=r"^gold/day\.sql:1: this file belongs to no table"):
        load_catalog(tmp_path)

    expected = (
        f"gold/days.odcs.yaml:{line}: the query of the table is missing; given: {given}; expected: days.sql or days.py "
        "beside the contract; to fix: write it; a table without one refines the rows of another, and has neither"
    )
    assert expected == str(refused.value)


@pytest.mark.parametrize("name", [PEOPLE, DAYS_SQL])
def test_a_file_that_is_not_utf_8_is_refused(tmp_path, name):
    write_catalog(tmp_path)
    (tmp_path / name).write_bytes(b"-- x\n# caf\xe9\n")

    with pytest.raises(ContractError, match=rf"^{name}:2: not UTF-8; given: the byte 0xe9; expected: UTF-8$"):
        load_catalog(tmp_path)


def test_files_may_begin_with_the_mark_of_windows(tmp_path):
    plain = load_catalog(write_catalog(tmp_path)).table("gold.days")
    for name in (PEOPLE, DAYS_SQL):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8-sig")

    load_catalog.cache_clear()
    assert plain == load_catalog(tmp_path).table("gold.days")
