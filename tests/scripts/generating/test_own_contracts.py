"""Data is generated for the tables that contracts read, whatever the name of their system; the rest is left out."""

from scripts.generating.copies import Copying
from scripts.generating.generated import Generated, generate, generated_records
from shared.contracts import load_catalog
from tests.support.small_catalog import write_catalog


def test_samples_that_no_contract_reads_are_left_out(tmp_path, monkeypatch):
    catalog = load_catalog(write_catalog(tmp_path / "contracts"))
    held = (
        ("NOTES.csv", b"id,who,day,seen\n1,Ann,01.02.2026,2026-02-01 00:00:00\n"),
        ("OTHERS.csv", b"id\n1\n"),
        ("tables.sql", b"-- of both\n"),
    )
    monkeypatch.setattr("scripts.generating.generated.load_catalog", lambda: catalog)
    monkeypatch.setattr("scripts.generating.generated.snowflake_files", lambda _: held)
    copying = Copying(scale=3, seed=1, day=1)

    assert [Generated(table="bronze.desk__notes", rows=3)] == generate(tmp_path / "lake", copying)
    tables = tmp_path / "lake" / "sources" / "snowflake" / "tables"
    assert {"NOTES.csv", "tables.sql"} == {file.name for file in tables.iterdir()}
    assert (False, {}) == ((tmp_path / "lake" / "landing" / "crm").exists(), generated_records(copying))
