"""Tables of a Redshift are held against it after all that may befall a row: on its way, in the lake, or since."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from delta.tables import DeltaTable

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
LONG_AGO = datetime(2011, 5, 31)  # noqa: DTZ001 - the source's are without a zone
OLD, RECENT = NOW - timedelta(days=3), NOW - timedelta(hours=2)
NAMES = ["plain", "Zoë ☃ 'x'", "", "日本\\n", None]
# What happens at the source between a table's batch and its reconciliation; the others are the lake's own troubles.
AT_SOURCE = {
    "same": f"""
        UPDATE sales.same SET changed = now() at time zone 'utc', amount = 1 WHERE id = 1;
        INSERT INTO sales.same VALUES (99, 'late', '{RECENT}', 5, 5, 1, 'new', '{RECENT}')
    """,
    "stale": "UPDATE sales.stale SET amount = amount + 0.0001 WHERE id = 3",
    "gone": "DELETE FROM sales.gone WHERE id = 3",
    "lost": "",
    "refused": "",
    "aged": "",
    "culled": "",
    "dated": "",
    "void": "",
    "never": "",
}


def rows_of(name):
    if name in ("void", "never"):
        return []
    rows = [(i, n, OLD + timedelta(0, 0, i), f"{i}.{i:04}", i * 10, i, "new", OLD) for i, n in enumerate(NAMES, 1)]
    rows += [(6, "null", OLD, None, None, None, "new", OLD)] * 2
    rows += [(7, "bad", OLD, "-1", 4, 7, "new", OLD), (8, "dead", OLD, "8", 8, 8, "deleted", OLD)]
    # The other one is older than what is compared.
    wide = [(n, "wide", OLD, "9", 3_000_000_000, 9, "new", moment) for n, moment in ((9, OLD), (10, LONG_AGO))]
    rows += wide if name == "refused" else []
    return rows + ([(9, "aged", OLD, "9", 9, 9, "new", LONG_AGO)] if name == "aged" else [])


def contract_of(name, **custom):
    given = {"writeDisposition": "append", "cursor": "changed", "lag": "1 day", **custom}
    text = contract(f"bronze.shop__{name}", BRONZE, given)
    files = f'server: shop, type: s3, location: "s3://landing/shop__{name}/*.csv", format: csv'
    text = text.replace(files, "server: redshift, type: redshift, database: shop, schema: sales")
    return text.replace("    physicalType: table", f"    physicalName: {name}\n    physicalType: table", 1)


def silver_of(name):
    custom = {"writeDisposition": "merge", "sequenceBy": "[changed_at]", "applyAsDeletes": "\"state = 'deleted'\""}
    goes = {"expireRows": "true"} if name in ("aged", "culled") else {}
    kept = f"slaProperties:\n  - {{property: retention, value: 5, unit: y, element: {name}.changed_at}}\n"
    columns = SILVER.format(name)
    if name == "dated":
        columns = columns.replace(
            "logicalType: timestamp, physicalType: timestamp", "logicalType: date, physicalType: date"
        )
    return contract(f"silver.{name}", columns, custom | goes) + (kept if goes else "")


def text(value):
    return "NULL" if value is None else "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


@pytest.fixture
def lake(tmp_path, session, redshift):
    make_tables()
    limits = {"gone": {"reconcileRed": "50%"}, "stale": {"reconcileYellow": "0%", "reconcileRed": "0.01%"}}
    # Its rows are of the first day that is compared, and silver has but the day.
    limits["dated"] = {"initialValue": f'"{OLD.isoformat()}Z"'}
    limits["aged"] = {"reconcileWindow": "all"}
    files = {f"bronze.shop__{name}": contract_of(name, **limits.get(name, {})) for name in AT_SOURCE}
    files |= {f"silver.{name}": silver_of(name) for name in ("same", "lost", "refused", "aged", "culled", "dated")}
    files["bronze.shop__files"] = bronze("bronze.shop__files", "append", "id")
    for name in AT_SOURCE:
        redshift.run(
            f"CREATE TABLE sales.{name} (id BIGINT, name VARCHAR, at TIMESTAMP, amount NUMERIC(19,4), pieces BIGINT, "
            "note VARCHAR, state VARCHAR, changed TIMESTAMP)"
        )
        for row in rows_of(name):
            redshift.run(f"INSERT INTO sales.{name} VALUES ({', '.join(map(text, row))})")
    return SmallLake(tmp_path, session, files)


def key_sum(rows):
    """The checksum of keys, by Python's own MD5."""
    keys = {"|".join([str(r[0]), r[1] or "", r[2].isoformat(sep=" ", timespec="microseconds")]) for r in rows}
    return str(sum(int(hashlib.md5(k.encode(), usedforsecurity=False).hexdigest()[:7], 16) for k in keys))


def told(comparison):
    return {m.name: (m.left, m.right) for m in comparison.measures}


def test_a_lake_is_held_against_its_source_and_says_what_differs(lake, redshift, session, monkeypatch):
    monkeypatch.setattr(redshift_statement, "PAUSE_SECONDS", 0.0)
    lake.land("bronze.shop__files", "id", "1")
    read = tuple(sorted(set(lake.files) - {"bronze.shop__never"}))
    steps = lake.run("r1", (Step.INGEST, Step.REFINE), tables=read)
    assert {Status.SUCCEEDED, Status.UNCHANGED} >= {o.status for o in steps.outcomes.values()}
    for statement in filter(None, AT_SOURCE.values()):
        redshift.run(statement)
    DeltaTable.forPath(session, lake.location("bronze.shop__lost")).delete("id = 2")
    DeltaTable.forPath(session, lake.location("bronze.shop__culled")).delete("id = 2")
    DeltaTable.forPath(session, lake.location("silver.lost")).delete("id = 5")
    DeltaTable.forPath(session, lake.location("silver.lost")).update("id = 4", {"amount": "amount + 1"})

    ran = lake.run("r2", (Step.RECONCILE,))

    found = {n.removeprefix("bronze.shop__"): o for n, o in ran.outcomes.items()}
    verdicts = {n: [c.verdict for c in o.reconciled] for n, o in found.items()}
    assert {
        "same": [Verdict.GREEN, Verdict.GREEN],
        "lost": [Verdict.RED, Verdict.RED],
        "stale": [Verdict.YELLOW],
        "gone": [Verdict.YELLOW],
        "refused": [Verdict.YELLOW, Verdict.GREEN],
        "aged": [Verdict.YELLOW, Verdict.GREEN],
        # Rows go for their age, and these are too young to.
        "culled": [Verdict.RED, Verdict.RED],
        "dated": [Verdict.GREEN, Verdict.GREEN],
        "void": [],
        "never": [],
        "files": [],
    } == verdicts
    assert {"lost", "culled"} == {n for n, o in found.items() if o.status is Status.FAILED}

    source, layers = found["same"].reconciled
    # A row that was sent twice is one, and the one that changed since is left out.
    rows = {r for r in rows_of("same") if r[0] != 1}
    total = str(sum(Decimal(r[3]) for r in rows if r[3])).rstrip("0")
    pieces = str(sum(r[4] for r in rows if r[4]))
    assert {
        "rows": ("7", "7"),
        "checksum of keys": (key_sum(rows),) * 2,
        "sum of amount": (total, total),
        "sum of pieces": (pieces, pieces),
    } == told(source)
    assert {"rows": ("6", "6"), "keys met": ("6", "6"), "rows that agree": ("6", "6")} == told(layers)
    assert (1, 1) == (layers.refused, layers.deleted)
    assert ("redshift", "bronze.shop__same", "silver.same") == (source.left, source.right, layers.right)

    assert {"rows": ("8", "7")} == {m.name: (m.left, m.right) for m in found["lost"].reconciled[0].differing[:1]}
    # Of bronze the second row is gone, of silver the fifth, and the fourth is another.
    tampered = told(found["lost"].reconciled[1])
    assert {"rows": ("5", "5"), "keys met": ("5", "4"), "rows that agree": ("4", "3")} == tampered
    assert {"sum of amount"} == {m.name for m in found["stale"].reconciled[0].differing}
    assert {"rows", "checksum of keys", "sum of amount", "sum of pieces"} == {
        m.name for m in found["gone"].reconciled[0].differing
    }
    assert ("9", "8") == told(found["refused"].reconciled[0])["rows"]
    assert "1 rows lie in its quarantine" in found["refused"].reason
    assert ("9", "8") == told(found["aged"].reconciled[0])["rows"]
    assert "its rows are deleted once they are old" in found["aged"].reason
    assert "not asked" in found["void"].reason
    assert "nothing of it has been read yet" == found["never"].reason
    assert "a source of type s3" in found["files"].reason

    message = found["lost"].failure.message
    assert "bronze.shop__lost" in message
    assert "rows 8 in redshift, 7 in bronze.shop__lost" in message
    assert not any(str(name) in message for name in NAMES[:2])

    redshift.suffer(*[Fault.FAILED] * 3)
    broken = lake.run("r3", (Step.RECONCILE,), tables=("bronze.shop__same", "bronze.shop__files"))
    failure = broken.outcomes["bronze.shop__same"].failure
    assert ("SourceUnavailableError", True) == (failure.error, failure.retryable)
    assert "bronze.shop__same: redshift, shop.sales.same" in failure.message
    assert Status.SUCCEEDED == broken.outcomes["bronze.shop__files"].status
