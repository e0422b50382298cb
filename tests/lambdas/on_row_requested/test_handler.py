"""A request gets the row that was published at its path, and nothing else of the table."""

import copy
import hashlib
import io
import json
import logging
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from lambdas.observability import logger, tracer
from lambdas.on_row_requested import handler as module
from lambdas.on_row_requested.handler import handler
from lambdas.on_row_requested.logic import ServedRows, answer
from shared.names import Variable

EVENT = json.loads((Path(__file__).parents[2] / "events" / "http_api_get.json").read_text())
TABLE = "served"
# Spaces, order and decimals as they were published: the text is not read.
ROW = '{"customer_id": 29485, "store_name": "Zwölf", "lifetime_revenue_eur": "33500.4000"}'
ETAG = f'"{hashlib.sha256(ROW.encode()).hexdigest()[:32]}"'
TOKEN = '{"token": "a"}'


@pytest.fixture
def served(aws, monkeypatch):
    """The table of served rows, with an item of the publisher's own."""
    monkeypatch.setenv(Variable.SERVED_TABLE, TABLE)
    table = boto3.resource("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "path", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "path", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table.put_item(Item={"path": "/customers/29485", "row": ROW, "version": 7})
    table.put_item(Item={"path": "/customers/zw%C3%B6lf%20%25", "row": TOKEN, "version": 7})
    table.put_item(Item={"path": "gold.customer_360", "row": "{}", "version": 7})
    module.served_rows.cache_clear()
    return table


@pytest.fixture
def log(monkeypatch):
    written = io.StringIO()
    for each in logger.handlers:
        monkeypatch.setattr(each, "stream", written)
    return written


def ask(context, path, stage="$default", **headers):
    event = copy.deepcopy(EVENT)
    event["rawPath"], event["requestContext"]["stage"] = path, stage
    event["headers"] |= {name.replace("_", "-"): value for name, value in headers.items()}
    return handler(event, context)


def test_a_row_is_answered_as_it_was_published(served, context):
    answered = ask(context, "/customers/29485")

    assert {
        "statusCode": 200,
        "headers": {"content-type": "application/json", "etag": ETAG, "x-table-version": "7"},
        "body": ROW,
    } == answered
    assert answered == json.loads(json.dumps(answered))


def test_an_encoded_key_is_found_as_api_gateway_decodes_it(served, context):
    assert TOKEN == ask(context, "/customers/zwölf %")["body"]


def test_a_stage_before_the_path_is_not_part_of_it(served, context):
    assert ROW == ask(context, "/live/customers/29485", stage="live")["body"]


@pytest.mark.parametrize(
    "known, status",
    [
        pytest.param(ETAG, 304, id="the same"),
        pytest.param(f"W/{ETAG}", 304, id="compared weakly"),
        pytest.param(f'"5", {ETAG}', 304, id="one of them"),
        pytest.param("*", 304, id="any"),
        pytest.param('"6"', 200, id="another one"),
        pytest.param(ETAG.strip('"'), 200, id="no tag"),
        pytest.param("", 200, id="nothing"),
    ],
)
def test_a_caller_that_has_the_row_does_not_get_it_again(served, context, known, status):
    answered = ask(context, "/customers/29485", if_none_match=known)

    assert (status, ETAG) == (answered["statusCode"], answered["headers"]["etag"])
    assert (ROW if status == 200 else "") == answered["body"]


@pytest.mark.parametrize(
    "path",
    [
        "/customers/1",
        "/customers",
        "/customers/",
        "/customers/29485/",
        "//customers/29485",
        "/customers/../customers/29485",
        "/",
        "//",
        "/../",
        "/gold.customer_360",
        "gold.customer_360",
        "",
        "/customers/\x00",
        "/customers/%zz",
        "/customers/" + "9" * 10_000,
        "/customers/" + "ö" * 400,
    ],
)
def test_a_path_without_a_row_is_not_found_and_named(served, context, path):
    answered = ask(context, path)
    message = json.loads(answered["body"])["message"]

    assert (404, "application/json") == (answered["statusCode"], answered["headers"]["content-type"])
    assert message.startswith("there is no row at ")
    assert path.strip("/").partition("/")[0] in message


def test_neither_path_nor_row_is_logged_and_a_collection_only_where_it_is_one(served, context, log):
    ask(context, "/customers/29485")
    ask(context, "/jane-doe/1")
    found, missing = map(json.loads, log.getvalue().splitlines())

    assert (200, "customers") == (found["status"], found["collection"])
    assert (404, None) == (missing["status"], missing.get("collection"))
    assert EVENT["requestContext"]["requestId"] == found["correlation_id"]
    assert [] == [word for word in ("29485", "Zw", "jane") if word in log.getvalue()]


def test_no_row_is_traced(served, context, monkeypatch):
    traced = []
    monkeypatch.setattr(tracer, "_add_response_as_metadata", lambda **given: traced.append(given["capture_response"]))

    ask(context, "/customers/29485")

    assert [False] == traced


def refusing(code):
    """A table whose service refuses every request."""
    table = boto3.resource("dynamodb", config=Config(retries={"total_max_attempts": 1})).Table(TABLE)
    stubber = Stubber(table.meta.client)
    stubber.add_client_error("get_item", code, "Rate of /customers/29485 exceeded")
    stubber.activate()
    return table


def unreachable():
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    return boto3.resource("dynamodb", endpoint_url="http://127.0.0.1:9", config=config).Table(TABLE)


@pytest.mark.parametrize(
    "table, kind",
    [
        pytest.param(lambda: refusing("ThrottlingException"), "ThrottlingException", id="throttled"),
        pytest.param(lambda: refusing("InternalServerError"), "InternalServerError", id="failing"),
        pytest.param(unreachable, "EndpointConnectionError", id="out of reach"),
    ],
)
def test_a_request_while_rows_cannot_be_read_is_answered_with_retry_after(aws, log, table, kind):
    given = answer(ServedRows(table()), "/customers/29485", if_none_match="")

    assert (503, "2") == (given.status, given.headers["retry-after"])
    assert kind == json.loads(log.getvalue())["error"]
    assert "29485" not in given.body + log.getvalue()


def test_a_missing_table_is_not_answered_as_a_missing_row(aws, context, monkeypatch):
    monkeypatch.setenv(Variable.SERVED_TABLE, "gone")
    module.served_rows.cache_clear()

    assert 503 == ask(context, "/customers/29485")["statusCode"]


def test_logs_of_level_info_are_written():
    assert logger.level <= logging.INFO
