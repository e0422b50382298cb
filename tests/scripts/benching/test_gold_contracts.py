"""The tables of `lake bench gold` have ordinary contracts, and are kept in the way that is to be measured."""

from scripts.benching.gold_contracts import TABLES, write_contracts
from shared.contracts import load_catalog
from shared.contracts.refresh import derive_refresh_rule


def test_the_measured_tables_are_refreshed_by_their_groups(tmp_path):
    tables = load_catalog(write_contracts(tmp_path)).tables
    kept = {t.name: str(derive_refresh_rule(tables[t.name], tables)) for t in TABLES if t.sql}

    assert {"gold.fact": "refreshed by order_id", "gold.months": "refreshed by order_month"} == kept


def test_months_read_only_their_own_lines(tmp_path):
    tables = load_catalog(write_contracts(tmp_path)).tables

    assert ["gold.fact"] == list(derive_refresh_rule(tables["gold.months"], tables).spans)
