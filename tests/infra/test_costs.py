"""The resources and costs in docs/deploying.md are those of the templates and prices."""

import re

import pytest

from infra.stacks.network import OF_JOBS, OF_READERS
from shared.config import load_environment
from shared.jobs import MACHINE_STEPS, steps_of
from shared.metrics import TABLES_LATE, tables_failed
from shared.names import Machine
from tests.docs.documents import document

HOURS = 730
TEXT = document("docs/deploying.md").section("What it costs")
COLUMNS = ("what", "quantity", "price", "month", "source")
LINES = [[cell.strip() for cell in line.split("|")[1:-1]] for line in TEXT.splitlines() if line.startswith("| ")]
ROWS = {cells[0]: dict(zip(COLUMNS, cells, strict=True)) for cells in LINES}
KINDS = {
    "KMS keys": "AWS::KMS::Key",
    "secrets": "AWS::SecretsManager::Secret",
    "alarms": "AWS::CloudWatch::Alarm",
    "dashboards": "AWS::CloudWatch::Dashboard",
    "log groups": "AWS::Logs::LogGroup",
    "DynamoDB tables": "AWS::DynamoDB::Table",
    "buckets": "AWS::S3::Bucket",
    "EMR Serverless": "AWS::EMRServerless::Application",
}
PROD = load_environment("prod")


def number(what, column):
    return float(re.search(r"[\d,.]*\d", ROWS[what][column])[0].replace(",", ""))


@pytest.mark.examples
@pytest.mark.parametrize("what", KINDS)
def test_the_stack_has_as_many_as_the_table_says(prod, what):
    assert len(prod.of_type(KINDS[what])) == number(what, "quantity")


def test_idle_resources_cost_per_month_what_the_page_says():
    for what in ("KMS keys", "secrets"):
        assert number(what, "month") == number(what, "quantity") * number(what, "price")
    metrics = {TABLES_LATE, *map(tables_failed, MACHINE_STEPS)}
    assert len(metrics) == number("metrics of our own", "quantity")


def test_no_worker_is_kept_ready(prod):
    assert "InitialCapacity" not in prod.only("AWS::EMRServerless::Application")
    assert 0 == number("EMR Serverless", "month")


def test_a_network_costs_per_month_what_the_page_says():
    endpoints, gateway = "`vpc`: endpoints", "`vpc.nat_gateways`"

    assert len(OF_JOBS) == number(endpoints, "quantity")
    assert f"for readers' Spark {len(OF_READERS)}" in ROWS[endpoints]["quantity"]
    assert number(endpoints, "month") == pytest.approx(len(OF_JOBS) * 2 * HOURS * number(endpoints, "price"))
    assert number(gateway, "month") == pytest.approx(HOURS * number(gateway, "price"))


def an_hour(executors):
    spark = PROD.spark
    workers = [spark.driver, *[spark.executor] * executors]
    return sum(w.cores * PROD.prices.vcpu_hour + w.billed_gb * PROD.prices.memory_gb_hour for w in workers)


def test_job_runs_cost_what_is_said():
    """A job run has an executor from the start, and every worker is billed for at least a minute."""
    least = len(steps_of(Machine.DAILY_BATCH)) * an_hour(1) / 60
    upkeep = len(steps_of(Machine.MAINTENANCE))

    said = " ".join(TEXT.split())

    assert f"costs {an_hour(1):.2f} with one executor and {an_hour(PROD.spark.max_executors):.2f} with two" in said
    assert f"has {len(steps_of(Machine.DAILY_BATCH))} job runs, one of `maintenance` {upkeep}" in said
    assert f"costs at least {least:.2f}" in said
    assert f"at least {HOURS * least:.2f} a month" in said
    assert number("`kafka.every_seconds`", "month") == pytest.approx(HOURS * an_hour(1), abs=0.01)
