"""A table's fingerprint changes exactly when its rows can."""

import pytest

from shared.contracts import load_catalog
from tests.support.small_catalog import DAYS_SQL, NOTES, VISITS, write_catalog


def fingerprint(folder, file, change=None):
    folder.mkdir()
    catalog = load_catalog(write_catalog(folder, {file: change} if change else None))
    return catalog.table(file.partition(".")[0].replace("/", ".")).fingerprint


@pytest.mark.parametrize(
    "file, old, new",
    [
        pytest.param(VISITS, "transformLogic: day", "transformLogic: trim(day)", id="logic"),
        pytest.param(VISITS, "format: dd.MM.yyyy", "format: MM.dd.yyyy", id="format"),
        pytest.param(VISITS, "physicalType: bigint", "physicalType: int", id="type"),
        pytest.param(
            VISITS,
            "        transformLogic: trim(who)",
            "        required: true\n        transformLogic: trim(who)",
            id="required",
        ),
        pytest.param(
            VISITS, "        relationships:\n          - {type: foreignKey, to: people.person}\n", "", id="parent"
        ),
        pytest.param(VISITS, "severity: warning", "severity: error", id="severity"),
        pytest.param(VISITS, "mustBeGreaterThan: 0", "mustBeGreaterThan: 1", id="bound of an error rule"),
        pytest.param(VISITS, "value: [seen_at]", "value: [visit_date]", id="sequenceBy"),
        pytest.param(VISITS, "name: not_empty", "name: has_visits", id="name of an error rule"),
        pytest.param(NOTES, "value: 15 minutes", "value: 16 minutes", id="lag"),
        pytest.param(NOTES, "database: DESK", "database: BACK", id="source"),
        pytest.param(DAYS_SQL, "COUNT(*)", "COUNT(person)", id="query"),
    ],
)
def test_what_changes_rows_changes_the_fingerprint(tmp_path, file, old, new):
    assert fingerprint(tmp_path / "before", file) != fingerprint(tmp_path / "after", file, (old, new))


@pytest.mark.parametrize(
    "file, old, new",
    [
        pytest.param(VISITS, "purpose: Visits.", "purpose: All visits.", id="purpose"),
        pytest.param(VISITS, "One row per visit.", "Each visit has a row.", id="grain"),
        pytest.param(VISITS, "description: Visit.", "description: Number of the visit.", id="description"),
        pytest.param(VISITS, "version: 1.0.0", "version: 1.0.1", id="version"),
        pytest.param(VISITS, "status: active", "status: deprecated", id="status"),
        pytest.param(VISITS, "'2020-01-01'", "'2021-01-01'", id="a rule that only warns"),
        pytest.param(
            VISITS,
            "      - {property: writeDisposition, value: merge}",
            "      - {property: writeDisposition, value: merge}\n      - {property: clusterBy, value: [person]}",
            id="layout of the files",
        ),
        pytest.param(NOTES, "description: Person.", "classification: internal, description: X.", id="classification"),
        pytest.param(DAYS_SQL, "SELECT visit_date,", "-- by day\nselect visit_date , ", id="layout of the query"),
    ],
)
def test_what_changes_no_row_leaves_the_fingerprint(tmp_path, file, old, new):
    assert fingerprint(tmp_path / "before", file) == fingerprint(tmp_path / "after", file, (old, new))


def test_tables_have_fingerprints_of_their_own():
    tables = load_catalog().tables.values()

    assert len(tables) == len({t.fingerprint for t in tables})
