"""A run is whole although it left a table without a batch, as the death of a table's first one does."""

from datetime import date
from pathlib import Path

from deltalake import DeltaTable, Field, Schema

from jobs.runtime.files import write_text
from scripts.looking.lake import open_lake
from scripts.looking.runs import finished_run
from scripts.recovering.whole import search
from shared.jobs import Colour
from shared.ledger import RunRecord, TableVersion
from shared.names import TableName, quarantine_location, run_location, table_location
from tests.support.hand_made_lake import write_contracts
from tests.support.small_contracts import FILES

BRONZE = "bronze.shop__orders"


def test_table_without_a_batch_is_whole_if_each_of_its_commits_is_there(tmp_path):
    root, name = str(tmp_path / "lake"), TableName.parse(BRONZE)
    table, quarantine = table_location(root, name), quarantine_location(root, name)
    for place in (table, quarantine):
        DeltaTable.create(place, Schema([Field("order_id", "string")]))
    left = TableVersion(table=BRONZE, version=0, beside={"quarantine": 0})
    ended = {"env": "local", "business_date": date(2026, 1, 1), "finished_at": "2999-01-01T00:00:00+00:00"}
    page = RunRecord(run_id="r1", colour=Colour.RED, outcomes=(), versions=(left,), **ended)
    write_text(run_location(root, "r1"), page.model_dump_json())
    # A later run gave the table a column before it died, too.
    DeltaTable(table).alter.add_columns(Field("status", "string"))
    catalog = write_contracts(tmp_path / "contracts", {BRONZE: FILES[BRONZE]})
    lake = open_lake(root, catalog)
    runs = [finished_run(lake, "r1")]

    [found] = search(lake, catalog, runs)
    assert () == found.lacks
    stays = {survivor.stored.location: survivor.version for survivor in found.survivors}
    assert (1, 0) == (stays[table], stays[quarantine])

    Path(quarantine, "_delta_log", f"{0:020}.json").unlink()
    [found] = search(lake, catalog, runs)
    lack = "the commit that says how far version 0 was read is not there"
    assert ((f"quarantine of {BRONZE}", lack),) == found.lacks
