"""The log has the bounds of every column, and of a column that is classified none from that moment on."""

import json
from pathlib import Path

import pytest
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.statistics import STATISTICS
from jobs.runtime.tables import ensure_table
from shared.jobs import Status, Step
from tests.support.small_contracts import FILES

CUSTOMERS, HEADER, TEN = "bronze.shop__customers", "customer_id,name,phone,changed_at", "2026-01-01 10:00:00"
TEXT = "logicalType: string, physicalType: string,"
PHONE = f"{{name: phone, {TEXT} "
CLASSIFIED = f"{PHONE}classification: restricted, "
ADDED = ["_ingested_at", "_run_id", "_sequence", "_source_position"]
ROWS = [(n, f"{name} Known", f"PHONE-OF-{name.upper()}", TEN) for n, name in (("1", "Ann"), ("2", "Bob"), ("3", "Cat"))]


@pytest.fixture
def shop(small_lake):
    """Names are closed, telephone numbers are not; two files have arrived."""
    name, at = f"{{name: name, {TEXT} ", "{name: changed_at, "
    text = FILES[CUSTOMERS].replace(name, f"{name}classification: restricted, ")
    small_lake.files = {CUSTOMERS: text.replace(at, f"{PHONE}description: Text.}}\n      - {at}")}
    for run, row in (("r1", "1,Ann Known,PHONE-OF-ANN"), ("r2", "2,Bob Known,PHONE-OF-BOB")):
        small_lake.land(CUSTOMERS, HEADER, f"{row},{TEN}")
        assert Status.SUCCEEDED == ingest(small_lake, run)
    assert ["customer_id", "phone", "changed_at", *ADDED] == told(small_lake)
    assert "PHONE-OF-BOB" in log_after(small_lake, -1)
    return small_lake


def ingest(lake, run):
    return lake.run(run, (Step.INGEST,)).outcomes[CUSTOMERS].status


def version(lake):
    return DeltaLog(lake.spark, lake.location(CUSTOMERS)).version


def told(lake):
    """The columns that the table has statistics of."""
    return str(DeltaLog(lake.spark, lake.location(CUSTOMERS)).property_of(STATISTICS)).replace("`", "").split(",")


def log_after(lake, version):
    """The bytes of every later commit."""
    log = Path(lake.location(CUSTOMERS), "_delta_log")
    return "".join(f.read_text() for f in sorted(log.glob("*.json")) if int(f.stem) > version)


def test_the_next_commit_tells_no_value_of_a_column_that_was_classified(shop):
    before = version(shop)
    shop.amend(CUSTOMERS, PHONE, CLASSIFIED)
    shop.land(CUSTOMERS, HEADER, f"3,Cat Known,PHONE-OF-CAT,{TEN}")
    assert Status.SUCCEEDED == ingest(shop, "r3")
    assert ["customer_id", "changed_at", *ADDED] == told(shop)
    log = log_after(shop, before)
    assert '\\"minValues\\":{\\"customer_id\\":\\"3\\"' in log
    assert ("PHONE-OF" in log, "Known" in log) == (False, False)
    assert ROWS == shop.rows(CUSTOMERS)

    versions = shop.versions()
    assert Status.UNCHANGED == ingest(shop, "r4")
    assert versions == shop.versions()


def test_neither_do_files_that_upkeep_puts_together(shop):
    before = version(shop)
    shop.amend(CUSTOMERS, PHONE, CLASSIFIED)
    assert "2 files made 1" in shop.upkeep("m1").outcomes[CUSTOMERS].reason
    log = log_after(shop, before)
    assert '\\"minValues\\":{\\"customer_id\\":\\"1\\"' in log
    assert ("PHONE-OF" in log, "Known" in log) == (False, False)


def test_nor_a_table_that_is_written_anew_with_the_column_under_another_name(shop):
    before = version(shop)
    shop.amend(CUSTOMERS, "version: 1.0.0", "version: 2.0.0")
    renamed = CLASSIFIED.replace(
        "name: phone", "name: mobile, customProperties: [{property: renamedFrom, value: phone}]"
    )
    shop.amend(CUSTOMERS, PHONE, renamed)
    shop.land(CUSTOMERS, HEADER.replace("phone", "mobile"), f"3,Cat Known,PHONE-OF-CAT,{TEN}")
    assert Status.SUCCEEDED == ingest(shop, "r3")
    assert ["customer_id", "changed_at", *ADDED] == told(shop)
    log = log_after(shop, before)
    assert ("PHONE-OF" in log, "Known" in log) == (False, False)
    assert ROWS == shop.rows(CUSTOMERS)


def test_a_column_that_comes_or_gets_another_name_is_told_of_unless_it_is_closed(shop):
    shop.amend(CUSTOMERS, "version: 1.0.0", "version: 2.0.0")
    renamed = PHONE.replace("name: phone", "name: mobile, customProperties: [{property: renamedFrom, value: phone}]")
    note = f"{{name: note, {TEXT} description: Text.}}\n      - "
    shop.amend(CUSTOMERS, PHONE, note + renamed)
    shop.land(CUSTOMERS, f"{HEADER.replace('phone', 'mobile')},note", f"3,Cat Known,PHONE-OF-CAT,{TEN},new")
    assert Status.SUCCEEDED == ingest(shop, "r3")
    assert {"customer_id", "note", "mobile", "changed_at", *ADDED} == set(told(shop))
    assert ("3", "Cat Known", "new", "PHONE-OF-CAT", TEN) == shop.rows(CUSTOMERS)[2]


def test_a_table_of_many_columns_has_bounds_of_the_last_too(spark, tmp_path):
    """By itself Delta looks at 32, and refuses to cluster by others. What the engine adds stands last."""
    made, grown = str(tmp_path / "made"), str(tmp_path / "grown")
    ensure_table(spark, made, numbers(40), ("c39",))
    ensure_table(spark, grown, numbers(30))
    ensure_table(spark, grown, numbers(40))
    version = DeltaLog(spark, grown).version
    ensure_table(spark, grown, numbers(40))
    assert version == DeltaLog(spark, grown).version
    row = spark.range(1).select(*[F.lit(n).alias(f"c{n}") for n in range(40)])
    for place in (made, grown):
        row.write.format("delta").mode("append").save(place)
        last = max(Path(place, "_delta_log").glob("*.json"))
        actions = map(json.loads, last.read_text().splitlines())
        [told] = [json.loads(action["add"]["stats"]) for action in actions if "add" in action]
        assert {f"c{n}": n for n in range(40)} == told["minValues"] == told["maxValues"]


def numbers(count):
    return T.StructType([T.StructField(f"c{n}", T.IntegerType()) for n in range(count)])
