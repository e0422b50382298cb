"""The same query in Athena's SQL can be run on a local lake and in an environment's Athena."""

from datetime import date
from decimal import Decimal

import boto3
import pytest
import requests
from moto import mock_aws

from scripts.looking.errors import WrongRequestError
from scripts.looking.frames import query_function
from shared.config import load_environment
from shared.errors import UnknownNameError
from shared.names import Names

SQL = """
    SELECT date_trunc('month', o.changed_at) AS month, MAX(o.amount_eur) AS amount_eur
    FROM silver.orders AS o JOIN gold.sales AS s ON s.order_id = o.order_id WHERE o.order_id = 1 GROUP BY 1
"""
RESULTS = "http://motoapi.amazonaws.com/moto-api/static/athena/query-results"


@pytest.fixture(autouse=True)
def _contracts(catalog, monkeypatch):
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: catalog)


def test_lake_at_hand_answers(lake):
    frame = query_function(lake.root)(SQL)
    assert [(2025, 2, Decimal("11.00"))] == [(m.year, m.month, eur) for m, eur in frame.itertuples(index=False)]
    assert ["order_id"] == list(query_function(lake.root)("SELECT order_id FROM silver.orders WHERE false").columns)


def test_athena_is_asked_in_the_workgroup_of_the_callers_role_by_the_names_of_the_environment(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    names = Names(load_environment("dev"))
    column = {"CatalogName": "", "SchemaName": "", "TableName": "", "Label": "", "CaseSensitive": False}
    column |= {"Nullable": "NULLABLE", "Precision": 19, "Scale": 2}
    columns = [column | {"Name": "month", "Type": "date"}, column | {"Name": "amount_eur", "Type": "decimal"}]
    rows = [{"Data": [{"VarCharValue": v} for v in row]} for row in (("month", "amount_eur"), ("2025-02-01", "11.00"))]
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="results")
        athena = boto3.client("athena")
        place = {"ResultConfiguration": {"OutputLocation": "s3://results/results/"}}
        version = {"EngineVersion": {"EffectiveEngineVersion": "Athena engine version 3"}}
        athena.create_work_group(Name=names.workgroup("analyst"), Configuration=place | version)
        answer = {"rows": rows, "column_info": columns}
        told = {"account_id": "123456789012", "region": "us-east-1", "results": [answer]}
        requests.post(RESULTS, json=told, timeout=10)
        with pytest.raises(WrongRequestError, match="moto is no role that reads the lake of dev"):
            query_function(env="dev")(SQL)
        taken = boto3.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::123456789012:role/{names.reader_role('analyst')}", RoleSessionName="ada"
        )["Credentials"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", taken["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", taken["SecretAccessKey"])
        monkeypatch.setenv("AWS_SESSION_TOKEN", taken["SessionToken"])
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        frame = query_function(env="dev")(SQL)
        [id_] = athena.list_query_executions(WorkGroup=names.workgroup("analyst"))["QueryExecutionIds"]
        asked = athena.get_query_execution(QueryExecutionId=id_)["QueryExecution"]
    assert [{"month": date(2025, 2, 1), "amount_eur": Decimal("11.00")}] == frame.to_dict("records")
    assert "FROM dev_silver.orders AS o JOIN dev_gold.sales AS s" in asked["Query"]
    assert "DATE_TRUNC('MONTH', o.changed_at)" in asked["Query"]
    assert "dev_gold" == asked["QueryExecutionContext"]["Database"]


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT FROM WHERE", id="broken"),
        pytest.param("SELECT 'open", id="open"),
        pytest.param("DELETE FROM gold.sales", id="a delete"),
        pytest.param("DROP TABLE gold.sales", id="a drop"),
        pytest.param("UNLOAD (SELECT 1) TO 's3://elsewhere/' WITH (format = 'PARQUET')", id="a way out"),
        pytest.param("SELECT 1; DROP TABLE gold.sales", id="two"),
    ],
)
def test_what_is_no_query_is_refused_before_anybody_is_asked(lake, sql):
    for ask in (query_function(lake.root), query_function(env="dev")):
        with pytest.raises(WrongRequestError, match="the query cannot be read"):
            ask(sql)


def test_query_that_cannot_be_run_is_refused(lake):
    with pytest.raises(WrongRequestError):
        query_function(lake.root)("SELECT nothing FROM silver.orders")


def test_places_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(WrongRequestError, match="there is no lake at"):
        query_function(str(tmp_path))
    with pytest.raises(UnknownNameError):
        query_function(env="prd")
