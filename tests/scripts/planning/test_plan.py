"""A plan says what changed, what is done about it, whom it affects and what it costs; a break ends with 2."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from deltalake import DeltaTable, write_deltalake

from scripts.cli.root import root
from scripts.looking.lake import _closed
from scripts.planning import revision
from scripts.planning.plan import plan_against_catalog
from tests.support.hand_made_lake import FILES, make_shop, write_contracts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STATE = "      - {name: state, logicalType: string, physicalType: string, description: State.}\n"
NOTE = STATE.replace("name: state,", "name: note, transformLogic: state,")
CHANGED_AT = "      - {name: changed_at"
ONE = "version: 1.0.0"


def changed(*changes: tuple[str, str, str]) -> dict[str, str]:
    """The shop's contracts with some texts replaced."""
    files = dict(FILES)
    for name, old, new in changes:
        assert files[name].count(old) == 1
        files[name] = files[name].replace(old, new)
    return files


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    make_shop(folder / "lake", write_contracts(folder / "contracts"))
    return folder / "lake"


@pytest.fixture
def plan(lake, tmp_path, monkeypatch) -> Callable[..., tuple[int, list[dict[str, Any]]]]:
    """The exit code and the plan for changed contracts, against the lake or a revision."""

    def plan(*changes: tuple[str, str, str], against: str | None = None) -> tuple[int, list[dict[str, Any]]]:
        catalog = write_contracts(tmp_path / "changed", changed(*changes))
        monkeypatch.setattr("shared.contracts.load_catalog", lambda: catalog)
        more = ["--against", against] if against else []
        answer = CliRunner().invoke(root, ["plan", "--root", str(lake), "--json", *more])
        assert answer.stdout, answer.exception
        return answer.exit_code, json.loads(answer.stdout)

    return plan


def of(plans: list[dict[str, Any]], table: str) -> dict[str, Any]:
    return next(row for row in plans if row["table"] == table)


def test_a_lake_that_is_as_the_contracts_say_has_no_plan_but_for_what_is_not_made_yet(plan):
    code, plans = plan()
    assert 0 == code
    assert {"table added"} == {c["change"] for row in plans for c in row["changes"]}
    assert ["bronze.shop__stock", "silver.stock"] == [row["table"] for row in plans if row["changes"]]


NO_RULE = "its contract has no refreshBy"
SALES = ("gold.sales.sql", "upper(l.product) AS", "lower(l.product) AS")


@pytest.mark.parametrize(
    "changes, totals, sales",
    [
        pytest.param((), ("refreshed", ["customer_id"], "silver.orders changed"), ("rebuilt", [], NO_RULE), id="none"),
        pytest.param(
            [SALES],
            ("refreshed", ["customer_id"], "silver.orders changed"),
            ("rebuilt", [], "its contract changed"),
            id="a changed query",
        ),
        pytest.param(
            [("silver.orders", CHANGED_AT, NOTE + CHANGED_AT)],
            ("rebuilt", [], "the columns of silver.orders change"),
            ("rebuilt", [], "the columns of silver.orders change"),
            id="a column more in an input",
        ),
        pytest.param(
            [("silver.orders", STATE, "")],
            ("skipped", [], "silver.orders will be refused"),
            ("skipped", [], "silver.orders will be refused"),
            id="an input that is refused",
        ),
        pytest.param(
            [("gold.totals", "required: true\n        description: Orders.", "description: Orders.")],
            ("rebuilt", [], "its contract changed"),
            ("rebuilt", [], NO_RULE),
            id="a rule less",
        ),
        pytest.param(
            [("gold.totals", "decimal(22,2)", "decimal(20,2)")],
            ("refused", [], "its contract's change breaks readers"),
            ("rebuilt", [], NO_RULE),
            id="a type that is another",
        ),
    ],
)
def test_every_built_table_says_what_the_next_run_does_with_it(plan, changes, totals, sales):
    found = {row["table"]: row["kept"] for row in plan(*changes)[1] if row["kept"]}
    assert {"gold.sales": sales, "gold.totals": totals} == {
        name: (kept["next"], kept["by"], kept["why"]) for name, kept in found.items()
    }
    assert "refreshed by customer_id" == found["gold.totals"]["rule"]
    assert f"rebuilt, because {NO_RULE}" == found["gold.sales"]["rule"]


def test_what_adds_and_widens_is_priced_and_followed(plan):
    code, plans = plan(
        ("silver.orders", CHANGED_AT, NOTE + CHANGED_AT),
        ("silver.orders", "decimal(12,2)", "decimal(14,2)"),
    )
    assert 0 == code
    orders = of(plans, "silver.orders")
    assert ("widening", "rewrite", False) == (orders["level"], orders["remedy"], orders["refused"])
    assert [("type widened", "amount_eur"), ("column added", "note")] == [
        (c["change"], c["column"]) for c in orders["changes"]
    ]
    assert [{"table": "gold.totals", "columns": ["amount_eur"]}] == orders["hit"]
    # Orders 1 and 2, as after the second run.
    assert (2, 2) == (orders["rows_read"], orders["rows_written"])
    assert orders["bytes_read"] == orders["bytes_written"] > 0


def test_what_breaks_ends_with_2_until_the_first_number_of_the_version_rises(plan):
    broken = ("silver.orders", STATE, "")
    code, plans = plan(broken)
    assert 2 == code
    orders = of(plans, "silver.orders")
    assert ("breaking", True, 0) == (orders["level"], orders["refused"], orders["rows_written"])


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """A repository whose only commit has the shop's contracts."""
    place = tmp_path / "repository"
    write_contracts(place / revision.PLACE)
    for words in (
        ["init", "--quiet", "--initial-branch", "main"],
        ["add", "."],
        ["-c", "user.name=Shop", "-c", "user.email=shop@example.com", "commit", "--quiet", "--message", "Begin"],
    ):
        subprocess.run(["git", "-C", str(place), *words], check=True)
    monkeypatch.setattr(revision, "ROOT", place)
    return place


@pytest.mark.parametrize(
    "version, code, refused",
    [
        pytest.param("1.1.0", 2, True, id="a minor version"),
        pytest.param("2.0.0", 0, False, id="a major version"),
    ],
)
def test_against_a_revision_every_change_is_named(plan, repository, version, code, refused):
    found, plans = plan(
        ("silver.orders", STATE, ""),
        ("silver.orders", "amount_eur < 0", "amount_eur < 1"),
        ("silver.orders", ONE, f"version: {version}"),
        ("gold.totals.sql", "COUNT(*)", "COUNT(o.order_id)"),
        against="main",
    )
    assert code == found
    assert ["silver.orders", "gold.totals"] == [row["table"] for row in plans if row["changes"]]
    orders, totals = of(plans, "silver.orders"), of(plans, "gold.totals")
    assert ("1.0.0", version, refused, "rebuild") == (
        orders["version_before"],
        orders["version"],
        orders["refused"],
        orders["remedy"],
    )
    assert [("column dropped", "state", None), ("rule changed", None, "amount_not_negative")] == [
        (c["change"], c["column"], c["rule"]) for c in orders["changes"]
    ]
    assert ("additive", "rebuild") == (totals["level"], totals["remedy"])
    # A rebuild reads all inputs: for orders, the four rows of bronze.
    assert (0 if refused else 4, 3) == (orders["rows_read"], totals["rows_read"])


@pytest.mark.parametrize("status, code", [("active", 2), ("retired", 0)])
def test_a_table_that_is_gone_breaks_its_readers_unless_it_was_retired_before(plan, repository, lake, status, code):
    later = FILES["gold.totals"].replace("totals", "later").replace("status: active", f"status: {status}")
    (repository / revision.PLACE / "gold" / "later.odcs.yaml").write_text(later, encoding="utf-8")
    (repository / revision.PLACE / "gold" / "later.sql").write_text(FILES["gold.totals.sql"], encoding="utf-8")
    git = ["git", "-C", str(repository), "-c", "user.name=Shop", "-c", "user.email=shop@example.com"]
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "Add a table"], check=True)
    ended, plans = plan(against="main")
    gone = of(plans, "gold.later")
    assert (code, "gold.later", "breaking", "nothing") == (ended, gone["table"], gone["level"], gone["remedy"])
    told = CliRunner().invoke(root, ["plan", "--root", str(lake), "--against", "main"], env={"COLUMNS": "200"}).stdout
    assert (status == "active") is ("Dropped, and not retired before: gold.later. Put the contract back" in told)
    assert "Breaking without" not in told


def test_a_target_that_is_dropped_is_breaking_and_no_run_refuses_the_table_for_it(tmp_path):
    served = "servers: [{server: api, type: api, location: '/totals/{customer_id}'}]\nschema:"
    old = write_contracts(tmp_path / "old", changed(("gold.totals", "schema:", served)))
    [plan] = [p for p in plan_against_catalog(old, write_contracts(tmp_path / "new")) if p.is_changed]
    assert [("target moved, dropped or spelt otherwise", "the API /totals/", "none")] == [
        (r.change.what, r.change.before, r.change.after) for r in plan.changes
    ]
    assert (True, False, {}) == (plan.breaks, plan.is_refused, plan.hit)


def test_against_a_revision_no_lake_is_needed_and_nothing_has_a_price(repository, tmp_path, monkeypatch):
    catalog = write_contracts(tmp_path / "changed", changed(("silver.orders", "decimal(12,2)", "decimal(14,2)")))
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: catalog)
    words = ["plan", "--root", str(tmp_path / "nothing"), "--json"]
    answer = CliRunner().invoke(root, [*words, "--against", "main"])
    orders = of(json.loads(answer.stdout), "silver.orders")
    assert (0, "widening", None) == (answer.exit_code, orders["level"], orders["bytes_written"])
    assert 2 == CliRunner().invoke(root, words).exit_code


def test_a_revision_that_git_does_not_know_is_a_wrong_request(lake, repository):
    answer = CliRunner().invoke(root, ["plan", "--root", str(lake), "--against", "nowhere"])
    assert 2 == answer.exit_code
    assert "git has no contracts at nowhere" in answer.stderr


@pytest.mark.parametrize(
    "against, path, said",
    [
        pytest.param("", None, "lake: --against names nothing; expected: a git revision", id="nothing"),
        pytest.param("HEAD", "", "lake: git could not be started; given: ", id="no git"),
    ],
)
def test_a_wrong_against_is_told_in_one_line(lake, monkeypatch, against, path, said):
    if path is not None:
        monkeypatch.setenv("PATH", path)
    answer = CliRunner().invoke(root, ["plan", "--root", str(lake), "--against", against])
    assert (2, 1) == (answer.exit_code, len(answer.stderr.splitlines()))
    assert answer.stderr.startswith(said)


def test_a_table_that_its_contract_puts_elsewhere_has_to_be_moved(lake, tmp_path, monkeypatch):
    words = ("{name: state, logicalType: string,", "{name: state, classification: restricted, logicalType: string,")
    silver = words[1].replace("restricted,", "restricted, customProperties: [{property: treatment, value: hmac}],")
    files = changed(("bronze.shop__orders", *words), ("silver.orders", words[0], silver))
    catalog = write_contracts(tmp_path / "changed", files)
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: catalog)
    monkeypatch.setattr("scripts.looking.lake.closed_columns", lambda: _closed(catalog))
    answer = CliRunner().invoke(root, ["plan", "--root", str(lake), "--json"])
    orders = of(json.loads(answer.stdout), "bronze.shop__orders")
    assert (2, "breaking", "move", True) == (answer.exit_code, orders["level"], orders["remedy"], orders["refused"])
    assert [("place changed", "the open lake", "the place of personal data")] == [
        (c["change"], c["before"], c["after"])
        for c in orders["changes"]
        if c["change"] != "rules, logic or source changed"
    ]
    told = CliRunner().invoke(root, ["plan", "--root", str(lake)], env={"COLUMNS": "100"}).stdout
    assert "place changed: the open lake -> the place of personal data" in told
    assert (
        "next run: refuses the table, until somebody has moved its folder to its new place; the error says how" in told
    )


def test_tables_that_no_contract_knows_and_those_that_lost_their_position_are_told(tmp_path, monkeypatch):
    people = FILES["bronze.shop__customers"].replace("customers", "people")
    people = people.replace("{name: name, logicalType", "{name: name, classification: restricted, logicalType")
    made = write_contracts(tmp_path / "before", FILES | {"bronze.shop__people": people})
    shop = make_shop(tmp_path / "lake", made)
    shop.put("bronze.shop__people", "run-1", 1, ["people/1.csv#2", "7", "Ann", "2025-01-01T00:00:00Z"])
    # A table that somebody wrote by hand, and what a run left that died before its first batch.
    write_deltalake(f"{shop.root}/silver/stock", DeltaTable(f"{shop.root}/silver/orders").to_pyarrow_table())
    DeltaTable.create(f"{shop.root}/bronze/shop__stock", DeltaTable(f"{shop.root}/silver/orders").schema())
    (tmp_path / "lake" / "gold" / "no_table").mkdir()
    catalog = write_contracts(tmp_path / "after", {n: text for n, text in FILES.items() if "totals" not in n})
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: catalog)
    monkeypatch.setattr("scripts.looking.lake.closed_columns", lambda: _closed(catalog))

    answer = CliRunner().invoke(root, ["plan", "--root", shop.root, "--json"])

    plans = json.loads(answer.stdout)
    found = {row["table"]: [c["change"] for c in row["changes"]] for row in plans if row["changes"]}
    expected = {
        "bronze.shop__people": ["table dropped"],
        "bronze.shop__stock": ["table added"],
        "silver.stock": ["position lost"],
        "gold.totals": ["table dropped"],
    }
    assert (2, expected) == (answer.exit_code, found)
    stock = of(plans, "silver.stock")
    assert (True, "bring back") == (stock["refused"], stock["remedy"])

    shutil.rmtree(f"{shop.root}/silver/stock")
    answer = CliRunner().invoke(root, ["plan", "--root", shop.root])
    assert (0, True) == (answer.exit_code, "table dropped" in answer.stdout)
    assert "Breaking without" not in answer.stdout


def test_people_read_the_same(lake, tmp_path, monkeypatch):
    catalog = write_contracts(tmp_path / "changed", changed(("silver.orders", STATE, "")))
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: catalog)
    told = CliRunner().invoke(root, ["plan", "--root", str(lake)], env={"COLUMNS": "100"}).stdout
    assert "silver.orders  breaking" in told
    assert "column dropped: state" in told
    assert "refuses the table, until the change is taken back or the version's first number rises" in told
    assert "built table" in told
    assert re.search(r"gold\.totals +skipped +silver\.orders will be refused +refreshed by customer_id", told)
