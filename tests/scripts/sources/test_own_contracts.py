"""The stand-ins are registered under the names that contracts give their systems, and under no others."""

import json

from scripts.sources.redshift.stand_in import WAREHOUSE
from scripts.sources.stand_ins import StandIns
from shared.contracts import load_catalog
from tests.support.small_catalog import FILES, NOTES, write_catalog

SNOWFLAKE = FILES[NOTES][FILES[NOTES].index("  - server: desk") : FILES[NOTES].index("schema:\n  - name")]
REDSHIFT = "  - {server: house, type: redshift, database: shop, schema: front}\n"


def stand_ins_of(tmp_path, monkeypatch, changes):
    catalog = load_catalog(write_catalog(tmp_path / "contracts", changes))
    monkeypatch.setattr("scripts.sources.stand_ins.load_catalog", lambda: catalog)
    return StandIns(tmp_path / "lake", 1)


def test_snowflake_of_another_name_is_alone_introduced_where_no_contract_reads_another_login(tmp_path, monkeypatch):
    stand_ins = stand_ins_of(tmp_path, monkeypatch, {})
    assert {"desk": stand_ins.snowflake.secret} == stand_ins.secrets


def test_redshift_of_another_name_is_told_where_the_one_of_this_machine_is(tmp_path, monkeypatch):
    stand_ins = stand_ins_of(tmp_path, monkeypatch, {NOTES: (SNOWFLAKE, REDSHIFT)})
    stand_ins.web.start()
    told = stand_ins.parameters
    stand_ins.web.stop()
    assert {} == stand_ins.secrets
    assert (WAREHOUSE, False) == (json.loads(told["house"])["warehouse"], "redshift" in told)
