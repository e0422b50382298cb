"""Tables read from Redshift are compared with it after rows were lost, changed, refused, deleted or came late."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from jobs.ingest.redshift import statement as redshift_statement
from scripts.sources.redshift.data_api import Fault
from shared.jobs import Status, Step
from shared.reconciliation import Verdict
from tests.support.small_contracts import bronze, contract
from tests.support.small_lake import SmallLake, make_tables

pytestmark = pytest.mark.slow

BRONZE = """\
      - {name: id, logicalType: integer, physicalType: bigint, primaryKey: true, primaryKeyPosition: 1, description: I}
      - {name: name, logicalType: string, physicalType: string, primaryKey: true, primaryKeyPosition: 2, description: N}
      - name: at
        logicalType: timestamp
        physicalType: timestamp
        primaryKey: true
        primaryKeyPosition: 3
        description: At.
      - {name: amount, logicalType: number, physicalType: "decimal(19,4)", description: Amount.}
      - {name: pieces, logicalType: integer, physicalType: int, description: Pieces.}
      - {name: note, logicalType: string, physicalType: string, description: Note.}
      - {name: state, logicalType: string, physicalType: string, description: State.}
      - {name: changed, logicalType: timestamp, physicalType: timestamp, description: Change.}
"""
SILVER = """\
      - name: id
        logicalType: integer
        physicalType: bigint
        primaryKey: true
        transformSourceObjects: [bronze.shop__{0}]
        description: Id.
      - name: amount
        logicalType: number
        physicalType: decimal(10,2)
        quality:
          - name: amount_not_negative
            type: sql
            query: "SELECT COUNT(*) FROM ${{table}} WHERE amount < 0"
            mustBe: 0
        description: Amount.
      - {{name: changed_at, logicalType: timestamp, physicalType: timestamp, transformLogic: changed, description: C.}}
"""
NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
LONG_AGO = datetime(2011, 5, 31)  # noqa: DTZ001 - the source's timestamps have no zone
OLD, RECENT = NOW - timedelta(days=3), NOW - timedelta(hours=2)
NAMES = ["plain", "Zoë ☃ 'x'", "", "日本\\n", None]
# Columns as in BRONZE. The sixth row is there twice, silver refuses the seventh, and the eighth is a delete.
ROWS = (
    *[(i, n, OLD + timedelta(0, 0, i), f"{i}.{i:04}", i * 10, i, "new", OLD) for i, n in enumerate(NAMES, 1)],
    *[(6, "null", OLD, None, None, None, "new", OLD)] * 2,
    (7, "bad", OLD, "-1", 4, 7, "new", OLD),
    (8, "dead", OLD, "8", 8, 8, "deleted", OLD),
)
# Bronze refuses both, whose pieces are no int; the second is older than what is compared.
WIDE = tuple((n, "wide", OLD, "9", 3_000_000_000, 9, "new", moment) for n, moment in ((9, OLD), (10, LONG_AGO)))
G, Y, R = Verdict.GREEN, Verdict.YELLOW, Verdict.RED
FIGURES = {"rows", "checksum of keys", "sum of amount", "sum of pieces"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A table: what happens between its batch and its reconciliation, and what the reconciliation finds.

    Attributes:
        verdicts: Of the comparison with the source, then of that with silver, as far as there are any.
        reason: A part of the outcome's reason.
        differing: The figures in which source and bronze differ; None where that is not checked.
        rows_found: The numbers of rows of source and bronze; None where that is not checked.
        rows: The rows at the source when it is read.
        custom: Custom properties of the bronze contract.
        has_silver: Whether a table is refined from it.
        expires: Whether silver's rows are deleted after five years, and so bronze's.
        by_day: Whether silver has the day of a change, not the moment.
        at_source: What the source runs in between.
        in_lake: What is done to `{bronze}` and `{silver}` in between.
    """

    verdicts: list[Verdict]
    reason: str = ""
    differing: set[str] | None = None
    rows_found: tuple[str, str] | None = None
    rows: tuple[tuple, ...] = ROWS
    custom: dict[str, str] = field(default_factory=dict)
    has_silver: bool = False
    expires: bool = False
    by_day: bool = False
    at_source: str = ""
    in_lake: tuple[str, ...] = ()


CASES = {
    # A row that changes and one that comes late are beyond what is compared.
    "same": Case(
        verdicts=[G, G],
        differing=set(),
        rows_found=("7", "7"),
        has_silver=True,
        at_source=f"""
            UPDATE sales.same SET changed = now() at time zone 'utc', amount = 1 WHERE id = 1;
            INSERT INTO sales.same VALUES (99, 'late', '{RECENT}', 5, 5, 1, 'new', '{RECENT}')
        """,
    ),
    # The source changes a value without its cursor: less than the contract's limit.
    "stale": Case(
        verdicts=[Y],
        differing={"sum of amount"},
        custom={"reconcileYellow": "0%", "reconcileRed": "0.01%"},
        at_source="UPDATE sales.stale SET amount = amount + 0.0001 WHERE id = 3",
    ),
    # The source deletes a row, which the contract allows for.
    "gone": Case(
        verdicts=[Y],
        differing=FIGURES,
        custom={"reconcileRed": "50%"},
        at_source="DELETE FROM sales.gone WHERE id = 3",
    ),
    "lost": Case(
        verdicts=[R, R],
        rows_found=("8", "7"),
        has_silver=True,
        in_lake=(
            "DELETE FROM {bronze} WHERE id = 2",
            "DELETE FROM {silver} WHERE id = 5",
            "UPDATE {silver} SET amount = amount + 1 WHERE id = 4",
        ),
    ),
    "refused": Case(
        verdicts=[Y, G],
        reason="1 rows lie in its quarantine",
        rows_found=("9", "8"),
        rows=ROWS + WIDE,
        has_silver=True,
    ),
    # Ingest leaves out a row that is too old for silver.
    "aged": Case(
        verdicts=[Y, G],
        reason="its rows are deleted once they are old",
        rows_found=("9", "8"),
        rows=(*ROWS, (9, "aged", OLD, "9", 9, 9, "new", LONG_AGO)),
        custom={"reconcileWindow": "all"},
        has_silver=True,
        expires=True,
    ),
    # Rows expire, but those that are compared are too young to.
    "culled": Case(verdicts=[R, R], has_silver=True, expires=True, in_lake=("DELETE FROM {bronze} WHERE id = 2",)),
    # The compared rows are all of the first day that is read.
    "dated": Case(verdicts=[G, G], custom={"initialValue": f'"{OLD.isoformat()}Z"'}, has_silver=True, by_day=True),
    "void": Case(verdicts=[], reason="not compared", rows=()),
    # It is not ingested at all.
    "never": Case(verdicts=[], reason="nothing of it has been read yet", rows=()),
}


def contract_of(name):
    given = {"writeDisposition": "append", "cursor": "changed", "lag": "1 day", **CASES[name].custom}
    text = contract(f"bronze.shop__{name}", BRONZE, given)
    files = f'server: shop, type: s3, location: "s3://landing/shop__{name}/*.csv", format: csv'
    text = text.replace(files, "server: redshift, type: redshift, database: shop, schema: sales")
    return text.replace("    physicalType: table", f"    physicalName: {name}\n    physicalType: table", 1)


def silver_of(name):
    case = CASES[name]
    custom = {"writeDisposition": "merge", "sequenceBy": "[changed_at]", "applyAsDeletes": "\"state = 'deleted'\""}
    expiry = {"expireRows": "true"} if case.expires else {}
    kept = f"slaProperties:\n  - {{property: retention, value: 5, unit: y, element: {name}.changed_at}}\n"
    columns = SILVER.format(name)
    if case.by_day:
        columns = columns.replace(
            "logicalType: timestamp, physicalType: timestamp", "logicalType: date, physicalType: date"
        )
    return contract(f"silver.{name}", columns, custom | expiry) + (kept if expiry else "")


def literal(value):
    return "NULL" if value is None else "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


@pytest.fixture
def lake(tmp_path, session, redshift):
    make_tables()
    files = {f"bronze.shop__{name}": contract_of(name) for name in CASES}
    files |= {f"silver.{name}": silver_of(name) for name, case in CASES.items() if case.has_silver}
    files["bronze.shop__files"] = bronze("bronze.shop__files", "append", "id")
    for name, case in CASES.items():
        redshift.run(
            f"CREATE TABLE sales.{name} (id BIGINT, name VARCHAR, at TIMESTAMP, amount NUMERIC(19,4), pieces BIGINT, "
            "note VARCHAR, state VARCHAR, changed TIMESTAMP)"
        )
        for row in case.rows:
            redshift.run(f"INSERT INTO sales.{name} VALUES ({', '.join(map(literal, row))})")
    return SmallLake(tmp_path, session, files)


def key_sum(rows):
    """The checksum of keys, by Python's own MD5."""
    keys = {"|".join([str(r[0]), r[1] or "", r[2].isoformat(sep=" ", timespec="microseconds")]) for r in rows}
    return str(sum(int(hashlib.md5(k.encode(), usedforsecurity=False).hexdigest()[:7], 16) for k in keys))


def measures(comparison):
    return {m.name: (m.left, m.right) for m in comparison.measures}


def test_reconciliation_compares_a_lake_with_its_source_and_says_what_differs(lake, redshift, monkeypatch):
    monkeypatch.setattr(redshift_statement, "PAUSE_SECONDS", 0.0)
    lake.land("bronze.shop__files", "id", "1")
    read = tuple(sorted(set(lake.files) - {"bronze.shop__never"}))
    steps = lake.run("r1", (Step.INGEST, Step.REFINE), tables=read)
    assert {Status.SUCCEEDED, Status.UNCHANGED} >= {o.status for o in steps.outcomes.values()}
    for name, case in CASES.items():
        if case.at_source:
            redshift.run(case.at_source)
        for statement in case.in_lake:
            places = {"bronze": lake.location(f"bronze.shop__{name}"), "silver": lake.location(f"silver.{name}")}
            lake.spark.sql(statement.format(**{layer: f"delta.`{place}`" for layer, place in places.items()}))

    outcomes = lake.run("r2", (Step.RECONCILE,)).outcomes
    found = {name.removeprefix("bronze.shop__"): outcome for name, outcome in outcomes.items()}

    files = Case(verdicts=[], reason="a source of type s3")
    assert {n: c.verdicts for n, c in CASES.items()} | {"files": []} == {
        n: [c.verdict for c in o.reconciled] for n, o in found.items()
    }
    for name, case in {**CASES, "files": files}.items():
        outcome = found[name]
        assert (Status.FAILED is outcome.status) == (R in case.verdicts), name
        assert case.reason in outcome.reason, name
        if case.differing is not None:
            assert case.differing == {m.name for m in outcome.reconciled[0].differing}, name
        if case.rows_found is not None:
            assert case.rows_found == measures(outcome.reconciled[0])["rows"], name
    assert CASES["never"].reason == found["never"].reason
    assert_every_figure_of_equal_tables(*found["same"].reconciled)
    assert_lost_rows_are_told_without_their_values(found["lost"])
    assert_a_source_that_fails_fails_its_tables_only(lake, redshift)


def assert_every_figure_of_equal_tables(with_source, with_silver):
    # A row that was sent twice is one, and the one that changed since is left out.
    rows = {r for r in ROWS if r[0] != 1}
    total = str(sum(Decimal(r[3]) for r in rows if r[3])).rstrip("0")
    pieces = str(sum(r[4] for r in rows if r[4]))
    assert {
        "rows": ("7", "7"),
        "checksum of keys": (key_sum(rows),) * 2,
        "sum of amount": (total, total),
        "sum of pieces": (pieces, pieces),
    } == measures(with_source)
    assert {"rows": ("6", "6"), "keys met": ("6", "6"), "rows that agree": ("6", "6")} == measures(with_silver)
    assert (1, 1) == (with_silver.refused, with_silver.deleted)
    assert ("redshift", "bronze.shop__same") == (with_source.left, with_source.right)
    assert "silver.same" == with_silver.right


def assert_lost_rows_are_told_without_their_values(outcome):
    # The second row is gone from bronze and the fifth from silver, where the fourth has another amount.
    tampered = measures(outcome.reconciled[1])
    assert {"rows": ("5", "5"), "keys met": ("5", "4"), "rows that agree": ("4", "3")} == tampered
    message = outcome.failure.message
    assert "bronze.shop__lost" in message
    assert "rows 8 in redshift, 7 in bronze.shop__lost" in message
    assert not any(str(name) in message for name in NAMES[:2])


def assert_a_source_that_fails_fails_its_tables_only(lake, redshift):
    redshift.suffer(*[Fault.FAILED] * 3)
    outcomes = lake.run("r3", (Step.RECONCILE,), tables=("bronze.shop__same", "bronze.shop__files")).outcomes
    failure = outcomes["bronze.shop__same"].failure
    assert ("SourceUnavailableError", True) == (failure.error, failure.retryable)
    assert "bronze.shop__same: redshift, shop.sales.same" in failure.message
    assert Status.SUCCEEDED == outcomes["bronze.shop__files"].status
