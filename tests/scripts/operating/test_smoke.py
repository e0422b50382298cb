"""A smoke run is judged by its execution, the job's report and what readers see."""

import json
from pathlib import Path

import boto3
import duckdb
import pytest
from moto.athena.models import QueryResults, athena_backends

from scripts.operating.smoke import came_back, reported
from scripts.operating.smoke_readers import Athena, QueryFailedError, readers
from shared.config import load_environment
from shared.contracts import load_catalog
from shared.governance.environments import access_of
from shared.smoke import Point, PointStatus, SmokeReport, smoke_location

PROD = load_environment("prod")
WELL = {
    "succeeded": {"JobRunId": "j1", "State": "SUCCESS"},
    "failed": {"Error": "States.TaskFailed", "Cause": json.dumps({"JobRunId": "j2", "State": "FAILED"})},
    "refused": {"Error": "EMRServerless.ValidationException", "Cause": "Option 'spark.master' is not supported"},
}


def statuses(points):
    return [str(point.status) for point in points]


def test_words_that_the_machines_expect_are_well():
    assert ["ok"] * 3 == statuses(came_back(WELL))


@pytest.mark.parametrize(
    "output, expected",
    [
        pytest.param({}, ["failed"] * 3, id="nothing"),
        pytest.param(WELL | {"succeeded": WELL["failed"]}, ["failed", "ok", "ok"], id="the job failed"),
        pytest.param(WELL | {"failed": WELL["succeeded"]}, ["ok", "failed", "ok"], id="the failing one succeeded"),
        pytest.param(
            WELL | {"failed": WELL["failed"] | {"Cause": "text"}}, ["ok", "failed", "ok"], id="a cause without the run"
        ),
        pytest.param(WELL | {"refused": WELL["failed"]}, ["ok", "ok", "failed"], id="taken, and failed"),
    ],
)
def test_other_words_are_told(output, expected):
    points = list(came_back(output))

    assert expected == statuses(points)
    assert all(point.mend for point in points if point.status is PointStatus.FAILED)


def test_report_of_the_job_is_read_and_its_absence_told(tmp_path):
    [missing] = reported(str(tmp_path), "run-1")
    assert ("failed", True) == (missing.status, "SPARK_DRIVER/stderr" in missing.mend)

    point = Point(point="python", status=PointStatus.OK, found="3.11")
    place = Path(smoke_location(str(tmp_path), "run-1"))
    place.parent.mkdir(parents=True)
    place.write_text(SmokeReport(run_id="run-1", points=(point,)).model_dump_json())
    assert [point] == list(reported(str(tmp_path), "run-1"))


@pytest.fixture
def lake():
    """The lake as each role sees it: a DuckDB whose tables have the columns and rows that the role may see."""
    access, seen = access_of(PROD, load_catalog()), {}
    for role, clearance in access.clearances.items():
        database = seen[role] = duckdb.connect()
        for table in access.tables:
            if role not in table.readers and role not in {found.role for found in table.filters}:
                continue
            open_columns = [name for name, wanted in table.columns.items() if clearance.covers(wanted)]
            values = ", ".join(f'false AS "{name}"' for name in open_columns)
            database.execute(f'CREATE SCHEMA IF NOT EXISTS "{table.database}"')
            database.execute(f'CREATE TABLE "{table.database}"."{table.table}" AS SELECT {values}')
    return seen


def ask_in(lake):
    def ask(role, sql):
        try:
            return str(lake[role].execute(sql).fetchone()[0])
        except duckdb.Error as error:
            raise QueryFailedError("query", given=f"COLUMN_NOT_FOUND: {error}") from error

    return ask


@pytest.mark.examples
def test_every_role_of_the_contracts_is_tried(lake):
    points = list(readers(PROD, load_catalog(), ask_in(lake)))

    assert {"ok"} == set(statuses(points)), [p for p in points if p.status != "ok"]
    assert set(PROD.governance.roles) == {
        role for role in PROD.governance.roles for point in points if role in point.point.split()
    }
    assert [1] == [sum("only is_deleted = false" in point.point for point in points)]
    assert any("is closed to analyst" in point.point for point in points)


@pytest.mark.examples
def test_open_column_and_unfiltered_row_are_found(lake):
    expected = list(readers(PROD, load_catalog(), ask_in(lake)))
    [closed] = [point.point for point in expected if point.point.endswith("is closed to analyst")]
    column, _, table, *_ = closed.split()
    lake["analyst"].execute(f'ALTER TABLE {table} ADD COLUMN "{column}" BOOLEAN')
    lake["sales"].execute("UPDATE silver.contacts SET is_deleted = true")

    failed = [p.point for p in readers(PROD, load_catalog(), ask_in(lake)) if p.status is PointStatus.FAILED]
    assert {closed, "sales sees of silver.contacts only is_deleted = false"} == set(failed)


def test_query_that_fails_for_another_reason_is_no_refusal():
    def ask(role, sql):
        raise QueryFailedError("query", given="GENERIC_INTERNAL_ERROR: no log")

    assert {"failed"} == set(statuses(readers(PROD, load_catalog(), ask)))


def test_athena_is_asked_as_the_role(aws, monkeypatch):
    boto3.client("athena").create_work_group(Name="lakewright-prod-sales")
    boto3.client("iam").create_role(RoleName="lakewright-prod-sales", AssumeRolePolicyDocument="{}")
    [backends] = [region for account in athena_backends.values() for region in [account["us-east-1"]]]
    rows = [{"Data": [{"VarCharValue": "_col0"}]}, {"Data": [{"VarCharValue": "7"}]}]
    backends.query_results_queue.append(QueryResults(rows=rows, column_info=[]))

    assert "7" == Athena(PROD).ask("sales", "SELECT count(*) FROM silver.contacts")
    [query] = boto3.client("athena").list_query_executions()["QueryExecutionIds"]
    told = boto3.client("athena").get_query_execution(QueryExecutionId=query)["QueryExecution"]
    assert ("lakewright-prod-sales", "SELECT count(*) FROM silver.contacts") == (told["WorkGroup"], told["Query"])
