"""`lake runs` shows the ledger."""

import json
import shutil

from click.testing import CliRunner

from scripts.cli.root import root
from shared.jobs import Step
from shared.usage import JobRunUsage, usage_location


def test_every_run_is_one_object_newest_first(ask_json):
    assert [
        {
            "run_id": "run-3",
            "colour": "unfinished",
            "business_date": None,
            "finished_at": None,
            "seconds": 1.5,
            "tables": {"succeeded": 0, "unchanged": 1, "failed": 0, "skipped": 0},
            "read": 0,
            "inserted": 0,
            "updated": 0,
            "deleted": 0,
            "tombstoned": 0,
            "recorded": 0,
            "superseded": 0,
            "quarantined": 0,
            "cost_usd": None,
        },
        {
            "run_id": "run-2",
            "colour": "red",
            "business_date": "2026-01-01",
            "finished_at": "2026-01-02T04:00:00Z",
            "seconds": 6.0,
            "tables": {"succeeded": 2, "unchanged": 0, "failed": 1, "skipped": 1},
            "read": 4,
            "inserted": 2,
            "updated": 1,
            "deleted": 0,
            "tombstoned": 0,
            "recorded": 0,
            "superseded": 0,
            "quarantined": 1,
            "cost_usd": None,
        },
        {
            "run_id": "run-1",
            "colour": "green",
            "business_date": "2026-01-01",
            "finished_at": "2026-01-01T04:00:00Z",
            "seconds": 3.0,
            "tables": {"succeeded": 2, "unchanged": 0, "failed": 0, "skipped": 0},
            "read": 5,
            "inserted": 4,
            "updated": 0,
            "deleted": 0,
            "tombstoned": 0,
            "recorded": 0,
            "superseded": 0,
            "quarantined": 1,
            "cost_usd": None,
        },
    ] == ask_json("runs")


def test_older_runs_are_left_out_and_people_are_told(ask, ask_json):
    assert ["run-3", "run-2"] == [run["run_id"] for run in ask_json("runs", "--limit", "2")]
    told = ask("runs", "--limit", "2").stdout
    assert "run-1" not in told
    assert told.endswith("There are older runs; to show more: --limit 20\n")
    assert "older" not in ask("runs", "--limit", "3").stdout


def test_one_run_has_outcomes_failures_and_versions(ask_json):
    [run] = ask_json("runs", "run-2")

    assert ["bronze.shop__orders", "silver.orders", "gold.totals", "gold.sales"] == [
        outcome["table"] for outcome in run["outcomes"]
    ]
    assert {"error": "GateClosedError", "message": "too few\nrows", "retryable": False} == run["outcomes"][2]["failure"]
    assert [("silver.orders", 1), ("silver.stock", None)] == [
        (v["table"], v["version"]) for v in run["versions"] if v["table"] in ("silver.orders", "silver.stock")
    ]


def test_one_run_says_what_was_asked_of_its_sources(ask, ask_json):
    [run] = ask_json("runs", "run-2")
    found = {o["table"]: (o["requests"], o["bytes"], o["cursor"]) for o in run["outcomes"]}
    assert (1, 1234, "2026-02-01T00:00:00+00:00") == found["bronze.shop__orders"]
    assert (None, None, "") == found["silver.orders"]

    _, told = ask("runs", "run-2").stdout.split("what was asked of the sources\n")
    head, line = (row.split() for row in told.splitlines()[:2])
    assert ["table", "rows", "requests", "bytes", "read", "up", "to"] == head
    assert ["bronze.shop__orders", "2", "1", "1.2", "kB", "2026-02-01T00:00:00+00:00"] == line


def test_one_run_tells_people_why_it_is_red(ask):
    told = ask("runs", "run-2").stdout

    assert told.startswith("run-2: red\nbusiness date 2026-01-01, finished 2026-01-02 04:00:00 UTC\n")
    assert "\ngold.totals failed in build\nGateClosedError: too few\nrows\n" in told
    assert "\ngold.sales skipped in build\nnot touched, because it depends on gold.totals\n" in told
    assert "\nsilver.orders: warned by amount_usual: 1,200\n" in told
    assert "bronze.shop__customers 0" in told.partition("versions of the other tables: ")[2]


def test_one_run_names_the_steps_that_left_no_outcomes(shop, tmp_path):
    place = shutil.copytree(shop[0], tmp_path / "lake")
    page = place / "runs" / "run-1" / "run.json"
    facts = {"colour": "red", "missing_steps": ["build", "publish", "reconcile"]}
    page.write_text(json.dumps(json.loads(page.read_text()) | facts))

    asked = ["runs", "run-1", "--root", str(place)]
    told = CliRunner().invoke(root, asked, env={"COLUMNS": "100"}).stdout
    assert "\nno outcomes of build, publish, reconcile\na job run crashed, or was not started\n" in told
    [run] = json.loads(CliRunner().invoke(root, [*asked, "--json"]).stdout)
    assert facts == {name: run[name] for name in facts}


def test_rows_that_left_are_shown_as_deleted_whether_a_delete_row_told_so_or_not(shop, tmp_path):
    place = shutil.copytree(shop[0], tmp_path / "lake")
    page = place / "runs" / "run-1" / "run.json"
    [ingested, refined] = (record := json.loads(page.read_text()))["outcomes"]
    published = refined | {"table": "gold.totals", "step": "publish", "target": "Snowflake", "inserted": 0, "read": 0}

    def told(*words):
        return CliRunner().invoke(root, ["runs", *words, "--root", str(place)], env={"COLUMNS": "100"}).stdout

    def deleted(*outcomes):
        page.write_text(json.dumps(record | {"outcomes": outcomes}))
        head, *lines = (line.split() for line in told("run-1").splitlines()[3:])
        return [line[head.index("deleted") + len(line) - len(head)] for line in lines[: len(outcomes)]]

    # Of two delete rows, one took a row away. A snapshot no longer had four rows; a publication took five away.
    assert ["2", "4"] == deleted(ingested | {"tombstoned": 2, "deleted": 1}, refined | {"deleted": 4})
    [line] = [line.split() for line in told().splitlines() if line.startswith("run-1")]
    assert "6" == line[-2]
    assert ["0", "5"] == deleted(ingested, published | {"deleted": 5})


def test_runs_fit_the_terminal(ask):
    head, *lines = ask("runs").stdout.splitlines()

    assert head.split() == ["run", "colour", "finished", "(UTC)", "tables", "read", "new", "changed", "quarantined"]
    assert ["run-3", "unfinished", "-", "1/1", "0", "0", "0", "0"] == lines[0].split()
    assert ["run-2", "red", "2026-01-02", "04:00", "2/4", "4", "2", "1", "1"] == lines[1].split()


def test_run_on_aws_says_what_it_cost(shop, tmp_path):
    place = shutil.copytree(shop[0], tmp_path / "lake")
    usage = JobRunUsage(
        env="prod",
        run_id="run-2",
        step=Step.INGEST,
        attempt="a1",
        job_run_id="00f1",
        state="SUCCESS",
        is_billed=True,
        vcpu_hours=2.0,
        memory_gb_hours=8.0,
        storage_gb_hours=0.0,
    )
    left = place / usage_location("", "run-2", Step.INGEST, "a1").lstrip("/")
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_text(usage.model_dump_json())

    def ask(*words):
        answer = CliRunner().invoke(root, ["runs", *words, "--root", str(place)], env={"COLUMNS": "160"})
        assert (0, "") == (answer.exit_code, answer.stderr)
        return answer.stdout

    # 2 vCPU hours at 0.0420992 and 8 GB hours at 0.0046228; the step's only table gets all of it.
    [run] = json.loads(ask("run-2", "--json"))
    assert [0.1211808, 0.1211808] == [round(run[key][0]["cost_usd"], 7) for key in ("outcomes", "job_runs")]
    assert 0.1211808 == round(run["cost_usd"], 7)
    [line] = [line.split() for line in ask().splitlines() if line.startswith("run-2")]
    assert "0.12" == line[-1]
    _, told = ask("run-2").split("what EMR Serverless bills\n")
    rows = [row.split() for row in told.splitlines()[1:3]]
    assert ["ingest", "00f1", "SUCCESS", "2.000", "8.000", "0.000", "0.1212"] == rows[0]
    assert ["all", "-", "-", "2.000", "8.000", "0.000", "0.1212"] == rows[1]
