"""Expired rows are deleted from silver, bronze, the vault and gold, and do not come back."""

from datetime import date, datetime, timedelta
from datetime import time as time_of_day

import pytest
from delta.tables import DeltaTable

from jobs.maintain import expiry
from jobs.runtime import retention
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.session import batch_session
from jobs.runtime.table_files import remove_old_files
from shared.jobs import Status, Step
from shared.names import TableName, pii_folder
from shared.reconciliation import Verdict
from shared.vault import vault_location
from tests.support.begun import CLOSED_NAME, CUSTOMERS, TOKENIZED
from tests.support.delta_tables import HeldLease
from tests.support.killing import KilledError
from tests.support.small_contracts import KEY_AND_SEQUENCE, contract
from tests.support.small_lake import TODAY, lease_account, let_leases_run_out

pytestmark = pytest.mark.extra

BRONZE, SILVER, GOLD = "bronze.shop__customers", "silver.customers", "gold.years"
YEARS = """\
      - {name: year, logicalType: integer, physicalType: int, primaryKey: true, description: Year of the change.}
      - {name: customers, logicalType: integer, physicalType: bigint, required: true, description: Customers.}
"""
YEARS_SQL = "SELECT year(changed_at) AS year, COUNT(*) AS customers FROM silver.customers GROUP BY year(changed_at)"
# The first moment that is kept on 1 January 2026, the business date of the lake's runs.
FIRST = "2021-01-01 00:00:00"
LAST_GONE = "2020-12-31 23:59:59"
OLD, NEW = "2011-05-31 00:00:00", "2025-06-01 00:00:00"
STAY, LATER = [3, 4, 6, 7, 8], range(2021, 2026)
MAKING = (Step.INGEST, Step.REFINE, Step.BUILD, Step.RECORD)
# It fails on a text that is no timestamp, unless the session turns such values into null.
MOMENT = ("name: changed_at, ", 'name: changed_at, transformLogic: "to_timestamp(changed_at)", ')
FIVE_YEARS = "slaProperties:\n  - {property: retention, value: 5, unit: y, element: customers.changed_at}\n"


@pytest.fixture(scope="module")
def kept_for_ever(module_lake):
    """Customers from 2011 on: one has no readable timestamp, and the first and the fourth have the same name."""
    lake = module_lake
    lake.only(BRONZE, SILVER, GOLD)
    lines = lake.files[BRONZE].splitlines(keepends=True)
    lake.files[BRONZE] = "".join(line.replace(*CLOSED_NAME) if "{name: name," in line else line for line in lines)
    lake.files[SILVER] = contract(SILVER, TOKENIZED.replace(*MOMENT), KEY_AND_SEQUENCE)
    lake.files[GOLD] = contract(GOLD, YEARS, {"writeDisposition": "refresh", "refreshBy": "[year]"})
    lake.files[f"{GOLD}.sql"] = YEARS_SQL
    some = [f"1,Ann,{OLD}", f"2,Bob,{LAST_GONE}", f"3,Cy,{FIRST}", f"4,Ann,{NEW}", "5,Di,never"]
    lake.land(BRONZE, CUSTOMERS, *some, "6,Cy,2022-01-01", "7,Cy,2023-01-01", "8,Cy,2024-01-01")
    with lease_account():
        lake.run("r1", MAKING)
    return lake


@pytest.fixture
def lake(kept_for_ever, tmp_path, leases):
    """A copy of it."""
    return kept_for_ever.copied(tmp_path)


def expire(lake):
    """Let the rows of customers expire after five years."""
    lake.files[SILVER] += "      - {property: expireRows, value: true}\n" + FIVE_YEARS
    lake._catalog = None


def keys(lake, table):
    return sorted(int(row[0]) for row in lake.frame(table).select(lake.catalog.table(table).primary_key[0]).collect())


def known_names(lake):
    vault = lake.spark.read.format("delta").load(vault_location(pii_folder(lake.lake_root), TableName.parse(SILVER)))
    return sorted(row["value"] for row in vault.collect())


def test_old_rows_go_everywhere_and_stay_away(lake, monkeypatch):
    lake.upkeep("u1", tables=(SILVER, BRONZE))
    assert ([1, 2, 3, 4, 6, 7, 8], list(range(1, 9))) == (keys(lake, SILVER), keys(lake, BRONZE))
    assert ["Ann", "Bob", "Cy"] == known_names(lake)
    assert [(year, 1) for year in (2011, 2020, *LATER)] == lake.rows(GOLD)

    expire(lake)
    # Reconciliation finds no difference while only one of the two tables has deleted them.
    done = lake.upkeep("u2", tables=(SILVER,)).outcomes
    assert "2 rows deleted for their age" in done[SILVER].reason
    # Versions that the table can be rolled back to have their tokens.
    assert ["Ann", "Bob", "Cy"] == known_names(lake)
    monkeypatch.setattr(expiry, "HISTORY_DAYS", 0)
    [compared] = lake.run("c1", (Step.RECONCILE,), (BRONZE,)).outcomes[BRONZE].reconciled
    assert (Verdict.GREEN, {("5", "5")}) == (compared.verdict, {(m.left, m.right) for m in compared.measures})
    done = lake.upkeep("u3").outcomes
    assert "2 rows deleted for their age" in done[BRONZE].reason
    assert not [name for name, outcome in done.items() if name != BRONZE and "deleted" in outcome.reason]
    assert (STAY, sorted([*STAY, 5])) == (keys(lake, SILVER), keys(lake, BRONZE))
    # The first and the fourth customer have the same name.
    assert ["Ann", "Cy"] == known_names(lake)

    built = lake.run("r2", MAKING).outcomes
    assert {Status.UNCHANGED} == {o.status for name, o in built.items() if name != GOLD}
    assert ("refreshed 2 groups of year", 2) == (built[GOLD].reason, built[GOLD].deleted)
    assert [(year, 1) for year in LATER] == lake.rows(GOLD)

    # The source sends them all again, and the first in a newer version that is too old as well.
    again = [f"1,Ann,{OLD}", f"1,Anna,{LAST_GONE}", f"2,Bob,{LAST_GONE}", f"3,Cyd,{NEW}", "9,Ed,never"]
    lake.land(BRONZE, CUSTOMERS, *again)
    ran = lake.run("r3", MAKING)
    assert {"read": 5, "inserted": 2, "superseded": 3} == ran.books(BRONZE)
    assert {"read": 2, "updated": 1, "quarantined": 1} == ran.books(SILVER)
    lake.upkeep("u4", tables=(SILVER,))
    assert ["Ann", "Cy", "Cyd"] == known_names(lake)
    held = lake.run("c2", (Step.RECONCILE,)).outcomes.values()
    assert [Verdict.GREEN] == [c.verdict for o in held for c in o.reconciled]
    assert STAY == keys(lake, SILVER)


def test_token_of_a_version_in_between_stays_while_the_table_can_be_rolled_back_to_it(lake, monkeypatch):
    """Neither the oldest version nor the newest one has it, and an erasure has removed files of the oldest."""
    expire(lake)
    oldest = DeltaLog(lake.spark, lake.location(SILVER)).version
    for run, name, moment in (("r2", "Zoe", "2023-06-01"), ("r3", "Cy", "2023-07-01")):
        lake.land(BRONZE, CUSTOMERS, f"7,{name},{moment}")
        lake.run(run, (Step.INGEST, Step.REFINE), (BRONZE, SILVER))
        if run == "r2":
            remove_old_files(lake.spark, lake.location(SILVER))
    with monkeypatch.context() as patch:
        patch.setattr(expiry, "HISTORY_DAYS", 0)
        patch.setattr(DeltaLog, "version_at", lambda *_: oldest)
        lake.upkeep("u1", tables=(SILVER,))
    assert "Zoe" in known_names(lake)

    monkeypatch.setattr(expiry, "HISTORY_DAYS", 0)
    lake.upkeep("u2", tables=(SILVER,))
    assert ["Ann", "Cy"] == known_names(lake)


@pytest.mark.parametrize(
    "log, token, known",
    [
        pytest.param(13, 15, ["Ann", "Bob", "Cy"], id="the log does not reach back so far"),
        pytest.param(15, 13, ["Ann", "Bob", "Cy"], id="the token is too young"),
        pytest.param(15, 15, ["Ann", "Cy"], id="both are old enough"),
    ],
)
def test_token_that_no_version_has_is_deleted_after_14_days(lake, monkeypatch, log, token, known):
    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(days=log)

    def expired(day):
        job = lake.job(Step.MAINTAIN, business_date=day)
        table, session = lake.catalog.table(SILVER), batch_session(lake.spark)
        return expiry.Expiry(session=session, job=job, catalog=lake.catalog, table=table, lease=HeldLease()).run()

    expire(lake)
    assert 2 == expired(TODAY)
    remove_old_files(lake.spark, lake.location(SILVER))
    monkeypatch.setattr(expiry, "datetime", Later)
    expired(TODAY + timedelta(days=token))
    assert known == known_names(lake)


class Today(datetime):
    """A clock that shows the day of the lake's runs."""

    @classmethod
    def now(cls, tz=None):
        return datetime.combine(TODAY, time_of_day(12), tz)


def test_row_without_a_readable_age_expires_by_the_day_it_was_landed_or_refused(lake, monkeypatch):
    expire(lake)
    monkeypatch.setattr(retention, "datetime", Today)
    # A business date ahead of the clock makes nothing older.
    done = lake.run("u1", (Step.MAINTAIN,), business_date=date(2999, 1, 1), machine="maintenance").outcomes
    assert ("2 rows", "2 rows") == tuple(done[name].reason[:6] for name in (BRONZE, SILVER))
    assert (STAY, sorted([*STAY, 5]), 1) == (keys(lake, SILVER), keys(lake, BRONZE), len(lake.refused(SILVER)))
    for place, stamp in ((lake.location(BRONZE), "_ingested_at"), (lake.quarantine_location(SILVER), "quarantined_at")):
        DeltaTable.forPath(lake.spark, place).update(set={stamp: f"TIMESTAMP'{LAST_GONE}'"})
    # While the landed row exists, the refused one may be read again.
    lake.upkeep("u2", tables=(SILVER,))
    assert 1 == len(lake.refused(SILVER))
    reasons = [lake.upkeep(run, tables=(name,)).outcomes[name].reason for run, name in (("u3", BRONZE), ("u4", SILVER))]
    assert ["1 rows", "1 rows"] == [reason[:6] for reason in reasons]
    assert (STAY, STAY, []) == (keys(lake, SILVER), keys(lake, BRONZE), lake.refused(SILVER))


def test_landed_row_stays_until_its_reader_has_read_it(lake):
    expire(lake)
    lake.amend(SILVER, "value: 5, unit: y", "value: 20, unit: y")
    lake.land(BRONZE, CUSTOMERS, f"10,Flo,{OLD}")
    lake.run("r2", (Step.INGEST,), (BRONZE,))
    lake.amend(SILVER, "value: 20, unit: y", "value: 5, unit: y")
    lake.upkeep("u1", tables=(BRONZE,))
    assert [3, 4, 5, 6, 7, 8, 10] == keys(lake, BRONZE)
    lake.run("r3", (Step.REFINE,), (SILVER,))
    lake.upkeep("u2", tables=(BRONZE, SILVER))
    assert (STAY, sorted([*STAY, 5])) == (keys(lake, SILVER), keys(lake, BRONZE))


def test_upkeep_that_dies_before_it_deletes_is_completed_by_the_next(lake, monkeypatch):
    expire(lake)
    carrying_on, died_at = expiry.carrying_on, []

    def dying(session, location, lease):
        if location not in died_at:
            died_at.append(location)
            raise KilledError(location)
        return carrying_on(session, location, lease)

    monkeypatch.setattr(expiry, "carrying_on", dying)
    monkeypatch.setattr(expiry, "HISTORY_DAYS", 0)
    for n, there in ((1, [1, 2, *STAY]), (2, STAY)):
        with pytest.raises(KilledError):
            lake.upkeep(f"u{n}", tables=(SILVER,))
        let_leases_run_out()
        assert (there, ["Ann", "Bob", "Cy"]) == (keys(lake, SILVER), known_names(lake))
    assert ["customers", "customers"] == [place.rpartition("/")[2] for place in died_at]
    lake.upkeep("u3", tables=(SILVER,))
    assert (STAY, ["Ann", "Cy"]) == (keys(lake, SILVER), known_names(lake))


def test_deleted_rows_come_back_with_a_rollback(lake):
    expire(lake)
    lake.upkeep("u1", tables=(BRONZE, SILVER))
    back = lake.upkeep("b1", rollback="r1", tables=(BRONZE, SILVER)).outcomes
    assert {Status.SUCCEEDED} == {o.status for o in back.values()}
    assert ([1, 2, *STAY], list(range(1, 9))) == (keys(lake, SILVER), keys(lake, BRONZE))
    again = lake.upkeep("b2", rollback="r1", tables=(BRONZE, SILVER)).outcomes
    assert {Status.UNCHANGED} == {o.status for o in again.values()}


def test_table_that_has_yet_to_get_the_shape_of_its_contract_is_left(lake):
    expire(lake)
    lake.amend(SILVER, "version: 1.0.0", "version: 2.0.0")
    lake.upkeep("u1", tables=(SILVER,))
    assert [1, 2, *STAY] == keys(lake, SILVER)
    # Rebuilt from bronze, it leaves out expired rows.
    lake.land(BRONZE, CUSTOMERS, f"10,Gus,{NEW}")
    lake.run("r2", (Step.INGEST, Step.REFINE), (BRONZE, SILVER))
    assert [*STAY, 10] == keys(lake, SILVER)
