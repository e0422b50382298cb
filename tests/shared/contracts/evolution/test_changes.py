"""Every change of a contract is found and assessed by the policy: adds x drops x renames x types x kinds."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from shared.contracts import Disposition, History, Kind, RowRule, Severity, Source
from shared.contracts.evolution.as_built import as_built, contract_facts, since_built
from shared.contracts.evolution.changes import ChangeKind, compare
from shared.contracts.evolution.policy import POLICY, Level, Remedy, assessed, heaviest, is_raised
from shared.contracts.evolution.widening import widens
from shared.contracts.program import Program
from shared.contracts.retention import Retention
from shared.serving import ServedPath
from shared.snowflake import SnowflakeTable
from tests.support.things import column, things

ADDED = {"none": (), "optional": (column("note"),), "required": (column("note", required=True),)}
TYPES = {"same": "int", "wider": "bigint", "narrower": "smallint", "another": "string"}
NAMES = {"same": {"name": "pieces"}, "renamed": {"name": "count", "renamed_from": "pieces"}, "new": {"name": "count"}}
DROPPED = {"kept": (column("colour"),), "dropped": ()}
OLD = (column("key", "bigint", required=True), column("pieces", "int"), column("colour"))
COMBINATIONS = list(product(ADDED, TYPES, NAMES, DROPPED, Kind))


def expected(added, type_, name, dropped, kind):
    """What the policy page says, computed a second way."""
    found = set()
    if name == "new":
        found |= {ChangeKind.COLUMN_DROPPED, ChangeKind.COLUMN_ADDED}
    else:
        found |= {ChangeKind.COLUMN_RENAMED} if name == "renamed" else set()
        found |= {"same": set(), "wider": {ChangeKind.TYPE_WIDENED}}.get(type_, {ChangeKind.TYPE_CHANGED})
    found |= {"none": set(), "optional": {ChangeKind.COLUMN_ADDED}, "required": {ChangeKind.REQUIRED_COLUMN_ADDED}}[
        added
    ]
    found |= {ChangeKind.COLUMN_DROPPED} if dropped == "dropped" else set()
    breaks = found & {ChangeKind.COLUMN_DROPPED, ChangeKind.COLUMN_RENAMED, ChangeKind.TYPE_CHANGED}
    breaks |= found & {ChangeKind.REQUIRED_COLUMN_ADDED} if kind is Kind.REFINED else set()
    level = Level.BREAKING if breaks else Level.WIDENING if ChangeKind.TYPE_WIDENED in found else Level.ADDITIVE
    return found, level if found else None


@pytest.mark.parametrize("kind", Kind)
def test_adds_drops_renames_and_types_in_every_combination(kind):
    wrong = []
    for added, type_, name, dropped, other in COMBINATIONS:
        if other is not kind:
            continue
        changed = column(type_=TYPES[type_], **NAMES[name])
        new = things(OLD[0], changed, *DROPPED[dropped], *ADDED[added], kind=kind)
        old = things(*OLD, kind=kind)
        told = [assessed(change, new) for change in compare(old, new)]
        # A new name without the name it came from may have any type.
        if (({r.change.what for r in told}), heaviest(told)) != expected(added, type_, name, dropped, kind):
            wrong.append((added, type_, name, dropped, told))
    assert [] == wrong


@pytest.mark.parametrize(
    "old, new, holds",
    [
        pytest.param("smallint", "bigint", True, id="whole numbers"),
        pytest.param("int", "double", True, id="a double holds every int"),
        pytest.param("bigint", "double", False, id="a double does not hold every bigint"),
        pytest.param("int", "float", False, id="a float does not hold every int"),
        pytest.param("int", "decimal(10,0)", True, id="a decimal with the digits"),
        pytest.param("int", "decimal(11,2)", False, id="a decimal with a digit too few"),
        pytest.param("bigint", "decimal(38,18)", True, id="a wide decimal"),
        pytest.param("decimal(12,2)", "decimal(14,2)", True, id="more digits before the point"),
        pytest.param("decimal(12,2)", "decimal(14,4)", True, id="more digits behind it"),
        pytest.param("decimal(12,2)", "decimal(12,4)", False, id="more behind at the cost of those before"),
        pytest.param("date", "timestamp", True, id="a date is a moment"),
        pytest.param("timestamp", "date", False, id="a moment is no date"),
        pytest.param("int", "string", False, id="a text sorts another way"),
        pytest.param("int", "int", False, id="the same"),
        pytest.param("array<int>", "array<bigint>", False, id="arrays stay as they are"),
    ],
)
def test_a_type_widens_only_when_it_holds_every_value(old, new, holds):
    assert holds is widens(old, new)


RULE = RowRule(name="some", bad="pieces < 0", severity=Severity.ERROR)
KEPT = {"sequence_by": ("pieces",)}
BUILT = {"kind": Kind.BUILT}
DELETES = KEPT | {"apply_as_deletes": "colour = 'none'"}
AT, MART = ServedPath("things", ("key",)), SnowflakeTable("marts", "MARTS", "SALES", "things")
LANDED = Source(system="shop", type="s3", object="things", location="s3://landing/*.csv", cursor="pieces")


@pytest.mark.parametrize(
    "before, after, what, level",
    [
        pytest.param({}, {"primary_key": ("key", "colour")}, ChangeKind.KEY_CHANGED, Level.BREAKING, id="key"),
        pytest.param({}, {"sequence_by": ("pieces",)}, ChangeKind.ORDER_CHANGED, Level.BREAKING, id="sequenceBy"),
        pytest.param(
            {}, {"disposition": Disposition.SNAPSHOT}, ChangeKind.DISPOSITION_CHANGED, Level.BREAKING, id="mode"
        ),
        pytest.param(KEPT, KEPT | {"history": History()}, ChangeKind.HISTORY_CHANGED, Level.BREAKING, id="versions"),
        pytest.param(
            KEPT | {"history": History()},
            KEPT | {"history": History(untracked=("colour",))},
            ChangeKind.HISTORY_CHANGED,
            Level.BREAKING,
            id="an untracked column",
        ),
        pytest.param(
            KEPT,
            KEPT | {"retention": Retention(column="pieces", years=7)},
            ChangeKind.RETENTION_CHANGED,
            Level.ADDITIVE,
            id="retention",
        ),
        pytest.param({}, {"kind": Kind.BUILT}, ChangeKind.KIND_CHANGED, Level.BREAKING, id="kind"),
        pytest.param(
            {"source": LANDED},
            {"source": replace(LANDED, cursor="key")},
            ChangeKind.CURSOR_CHANGED,
            Level.BREAKING,
            id="cursor",
        ),
        pytest.param(
            {"source": LANDED},
            {"source": replace(LANDED, lag_seconds=9)},
            ChangeKind.SOURCE_CHANGED,
            Level.ADDITIVE,
            id="lag",
        ),
        pytest.param(
            BUILT | {"program": Program(file=Path("a.py"), fingerprint="a")},
            {"program": Program(file=Path("a.py"), fingerprint="b")},
            ChangeKind.LOGIC_CHANGED,
            Level.ADDITIVE,
            id="the program",
        ),
        pytest.param(
            {"dropped": (column("mail", logic="mail"),)},
            {"dropped": (column("mail", logic="lower(mail)"),)},
            ChangeKind.LOGIC_CHANGED,
            Level.ADDITIVE,
            id="a column that rules alone see",
        ),
        pytest.param(
            DELETES | {"tombstone_retention_seconds": 86400},
            {"tombstone_retention_seconds": None},
            ChangeKind.RETENTION_CHANGED,
            Level.ADDITIVE,
            id="how long deletes are remembered",
        ),
        pytest.param(
            KEPT | {"history": History()},
            {"history": History(event_retention_seconds=86400)},
            ChangeKind.RETENTION_CHANGED,
            Level.ADDITIVE,
            id="how long events are remembered",
        ),
        pytest.param(BUILT, {"served_at": AT}, ChangeKind.TARGET_ADDED, Level.ADDITIVE, id="an API"),
        pytest.param(
            BUILT | {"served_at": AT}, {"served_at": None}, ChangeKind.TARGET_CHANGED, Level.BREAKING, id="no API"
        ),
        pytest.param(
            BUILT | {"published_to": MART},
            {"published_to": replace(MART, schema="OTHER")},
            ChangeKind.TARGET_CHANGED,
            Level.BREAKING,
            id="another table of Snowflake",
        ),
        pytest.param({}, {"row_rules": (RULE,)}, ChangeKind.RULE_TIGHTENED, Level.ADDITIVE, id="a rule more"),
        pytest.param({"row_rules": (RULE,)}, {}, ChangeKind.RULE_LOOSENED, Level.ADDITIVE, id="a rule less"),
        pytest.param(
            {"row_rules": (RULE,)},
            {"row_rules": (replace(RULE, severity=Severity.WARNING),)},
            ChangeKind.RULE_LOOSENED,
            Level.ADDITIVE,
            id="a rule that only warns now",
        ),
        pytest.param(
            {"row_rules": (RULE,)},
            {"row_rules": (replace(RULE, bad="pieces < 1"),)},
            ChangeKind.RULE_CHANGED,
            Level.ADDITIVE,
            id="another rule of that name",
        ),
    ],
)
def test_what_is_the_tables_own_is_compared(before, after, what, level):
    old, new = things(*OLD, **before), things(*OLD, **{**before, **after} if after else {})
    [change] = compare(old, new)
    assert (what, level) == (change.what, assessed(change, new).level)


@pytest.mark.parametrize(
    "before, after, what, level",
    [
        pytest.param({}, {"required": True}, ChangeKind.MADE_REQUIRED, Level.BREAKING, id="required"),
        pytest.param({"required": True}, {}, ChangeKind.MADE_OPTIONAL, Level.ADDITIVE, id="optional"),
        pytest.param({}, {"logic": "trim(colour)"}, ChangeKind.LOGIC_CHANGED, Level.ADDITIVE, id="logic"),
        pytest.param({}, {"parent": "silver.colours.colour"}, ChangeKind.PARENT_CHANGED, Level.ADDITIVE, id="parent"),
        pytest.param({}, {"classification": "restricted"}, ChangeKind.CLASSIFIED, Level.ADDITIVE, id="classified"),
        pytest.param({"classification": "internal"}, {}, ChangeKind.DECLASSIFIED, Level.BREAKING, id="declassified"),
    ],
)
def test_what_a_column_says_beside_its_type_is_compared(before, after, what, level):
    old, new = (things(*OLD[:2], column("colour", **facts)) for facts in (before, after))
    [change] = compare(old, new)
    assert (what, "colour", level) == (change.what, change.column, assessed(change, new).level)


@pytest.mark.parametrize(
    "before, after, is_another",
    [
        ("bigint", "decimal(22,2)", True),
        ("date", "timestamp", True),
        ("int", "double", True),
        ("decimal(8,2)", "decimal(10,4)", True),
        ("decimal(8,2)", "decimal(10,2)", False),
        ("int", "bigint", False),
    ],
)
def test_a_served_value_of_a_wider_type_may_be_written_differently(before, after, is_another):
    old, new = (things(*OLD[:2], column("amount", t), **BUILT, served_at=AT) for t in (before, after))
    found = compare(old, new)

    assert [ChangeKind.TYPE_WIDENED] + [ChangeKind.TARGET_CHANGED] * is_another == [c.what for c in found]
    assert {"amount"} == {c.column for c in found}
    assert is_another == any(assessed(c, new).level is Level.BREAKING for c in found)


def test_words_for_people_are_no_change():
    old = things(*OLD)
    new = replace(old, description="Other words.", grain="Another.", version="1.2.3")
    assert () == compare(old, new)


def test_a_renamed_key_is_the_same_key():
    new = things(column("number", "bigint", required=True, renamed_from="key"), *OLD[1:])
    assert [ChangeKind.COLUMN_RENAMED] == [change.what for change in compare(things(*OLD), new)]
    # Its rows are served where they were before.
    served = (replace(things(*OLD), served_at=AT), replace(new, served_at=ServedPath("things", ("number",))))
    assert [ChangeKind.COLUMN_RENAMED] == [change.what for change in compare(*served)]


def test_the_policy_knows_every_change_and_each_remedy_is_used():
    assert set(ChangeKind) == set(POLICY)
    assert set(Remedy) == {remedy for row in POLICY.values() for remedy in row[1:]}


@pytest.mark.parametrize(
    "old, new, rose",
    [
        ("1.9.9", "2.0.0", True),
        ("1.0.0", "1.1.0", False),
        ("2.0.0", "1.0.0", False),
        ("", "2.0.0", True),
        ("", "1.1.0", False),
    ],
)
def test_a_version_rises_by_its_first_number(old, new, rose):
    assert rose is is_raised(old, new)


def test_a_table_as_it_was_built_is_known_from_its_columns_and_the_facts_of_its_last_batch():
    old = things(*OLD, sequence_by=("pieces",), version="1.4.0")
    renamed = column("count", "bigint", renamed_from="pieces")
    new = things(OLD[0], renamed, sequence_by=("count",), version="2.0.0", row_rules=(RULE,))
    stored = {c.name: c.type for c in old.columns}
    built, changes = since_built(new, stored, contract_facts(old), old.fingerprint)
    assert compare(old, new)[:3] == tuple(r.change for r in changes)
    assert ("1.4.0", ("pieces",)) == (built.version, built.sequence_by)


def test_rules_of_a_table_as_it_was_built_are_known_by_the_fingerprint_alone():
    old, new = things(*OLD), things(*OLD, row_rules=(RULE,))
    stored = {c.name: c.type for c in old.columns}
    assert [ChangeKind.DECISION_CHANGED] == [r.change.what for r in since_built(new, stored, {}, old.fingerprint)[1]]
    assert () == since_built(new, stored, contract_facts(new), new.fingerprint)[1]
    assert () == since_built(new, stored, {}, "")[1]


def test_a_history_as_it_was_built_is_known_from_the_facts_of_its_last_batch():
    rows, versions = things(*OLD, **KEPT), things(*OLD, **KEPT, history=History(untracked=("colour",)))
    for old, new in ((rows, versions), (versions, rows)):
        stored = {c.name: c.type for c in old.all_columns}
        assert ChangeKind.HISTORY_CHANGED in {
            r.change.what for r in since_built(new, stored, contract_facts(old), "")[1]
        }
        assert () == since_built(old, stored, contract_facts(old), "")[1]
    longer = replace(versions, history=replace(versions.history, event_retention_seconds=9))
    stored = {c.name: c.type for c in versions.all_columns}
    assert () == since_built(longer, stored, contract_facts(versions), "")[1]


def test_retention_as_it_was_built_is_known_from_the_facts_of_its_last_batch():
    kept, shorter = (things(*OLD, **KEPT, retention=Retention(column="pieces", years=n)) for n in (7, 5))
    stored = {c.name: c.type for c in kept.columns}
    [found] = since_built(shorter, stored, contract_facts(kept), "")[1]
    assert ("7 years by pieces", "5 years by pieces") == (found.change.before, found.change.after)
    assert () == since_built(kept, stored, contract_facts(kept), "")[1]
    # A batch of an earlier release did not record it.
    assert () == since_built(kept, stored, {}, "")[1]


def test_what_the_engine_adds_to_landed_rows_is_no_column_of_the_contract():
    landed = things(*OLD, kind=Kind.INGESTED, source=LANDED)
    stored = {c.name: c.type for c in landed.all_columns}
    assert landed.column_names == as_built(landed, stored, {}).column_names
