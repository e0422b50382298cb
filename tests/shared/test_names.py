"""Names are computed in one place, so that a change of one changes it in `infra`, `jobs` and `lambdas` alike."""

import pytest

from shared.config import load_environment
from shared.errors import TerminalError
from shared.jobs import Step
from shared.names import (
    Layer,
    Machine,
    Names,
    TableName,
    lease_table,
    outcomes_location,
    quarantine_location,
    run_location,
    source_parameter,
    source_secret,
    staging_location,
    summary_location,
    table_location,
)

ORDERS = TableName(Layer.SILVER, "orders")


@pytest.mark.parametrize("layer", list(Layer))
def test_a_table_name_is_read_as_it_is_written(layer):
    name = TableName(layer, "snowflake__orders")

    assert name == TableName.parse(str(name))
    assert f"{layer}.snowflake__orders" == str(name)


@pytest.mark.parametrize("text", ["orders", "iron.orders", "silver.", "silver.my-orders", ".orders", "silver.a.b", ""])
def test_what_is_no_table_name_is_refused(text):
    with pytest.raises(TerminalError) as refused:
        TableName.parse(text)

    assert (repr(text), "<layer>.<table> with a layer of bronze, silver, gold") == (
        refused.value.given,
        refused.value.expected,
    )


@pytest.mark.parametrize(
    "expected, location",
    [
        pytest.param("s3://l/silver/orders", table_location("s3://l", ORDERS), id="table"),
        pytest.param("s3://l/quarantine/silver/orders", quarantine_location("s3://l", ORDERS), id="quarantine"),
        pytest.param("s3://l/staging/r1/silver.orders/7", staging_location("s3://l", "r1", ORDERS, 7), id="staging"),
        pytest.param("/l/runs/r1/run.json", run_location("/l", "r1"), id="run"),
        pytest.param(
            "/l/runs/r1/refine/a1.summary.json", summary_location("/l", "r1", Step.REFINE, "a1"), id="summary"
        ),
        pytest.param(
            "/l/runs/r1/refine/a1.outcomes.json", outcomes_location("/l", "r1", Step.REFINE, "a1"), id="outcomes"
        ),
    ],
)
def test_everything_has_its_place_under_the_lake(expected, location):
    assert expected == location


@pytest.mark.parametrize(
    "env, expected",
    [
        pytest.param(
            "prod",
            {
                "stack": "lakewright-prod",
                "application": "lakewright-prod-batch",
                "lease_table": "lakewright-prod-lease",
                "database": "silver",
                "machine": "lakewright-prod-daily_batch",
                "schedule": "lakewright-prod-daily_batch",
            },
            id="prod",
        ),
        pytest.param(
            "dev",
            {
                "stack": "lakewright-dev",
                "application": "lakewright-dev-batch",
                "lease_table": "lakewright-dev-lease",
                "database": "dev_silver",
                "machine": "lakewright-dev-daily_batch",
                "schedule": "lakewright-dev-daily_batch",
            },
            id="dev",
        ),
    ],
)
def test_names_carry_the_environment(env, expected):
    names = Names(load_environment(env))

    assert expected == {
        "stack": names.stack,
        "application": names.application,
        "lease_table": names.lease_table,
        "database": names.glue_database(Layer.SILVER),
        "machine": names.machine(Machine.DAILY_BATCH),
        "schedule": names.schedule(Machine.DAILY_BATCH),
    }


def test_jobs_and_templates_agree_on_a_lease_table_and_a_secret():
    assert Names(load_environment("dev")).lease_table == lease_table("dev")
    assert ("lakewright/dev/snowflake", "/lakewright/dev/sources/ecb") == (
        source_secret("dev", "snowflake"),
        source_parameter("dev", "ecb"),
    )
