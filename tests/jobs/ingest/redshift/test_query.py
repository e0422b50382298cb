"""The UNLOAD asks for the window, and nothing can break out of its quotes."""

import pytest

from jobs.ingest.redshift.connection import RedshiftConnection
from jobs.ingest.redshift.query import quoted, unload_query
from scripts.sources.redshift.unload import Unload
from shared.contracts import Source
from shared.errors import ContractError

ROLE = "arn:aws:iam::123456789012:role/unload"
CONNECTION = RedshiftConnection(warehouse="arn:aws:redshift:eu-west-1:123456789012:cluster:dwh", unload_role=ROLE)


def source(name="orders", **settings):
    place = {"system": "redshift", "type": "redshift", "database": "shop", "schema": "sales"}
    return Source(**place, object=name, **settings)


@pytest.mark.parametrize("column", ["a'b", "a\\b", "a\\'; DROP TABLE x; --"])
def test_what_is_quoted_comes_out_as_it_went_in(table_of, column):
    given = source(cursor="code")
    query = unload_query(table_of({"code": "string"}, given), given, {"cursor": column})
    unload = Unload.parse(query.unload("s3://lake/unload/o'neil/0", CONNECTION))
    assert (query.select, "s3://lake/unload/o'neil/0/", ROLE) == (unload.select, unload.prefix, unload.role)


def test_the_key_of_the_lake_encrypts_the_files(table_of):
    given = source()
    connection = CONNECTION.model_copy(update={"kms_key": "arn:aws:kms:::key/1"})
    statement = unload_query(table_of({"id": "bigint"}, given), given, None).unload("s3://lake/unload/1", connection)
    assert (
        """UNLOAD ('SELECT * FROM "sales"."orders"') TO 's3://lake/unload/1/' """
        f"IAM_ROLE '{ROLE}' FORMAT PARQUET MANIFEST VERBOSE KMS_KEY_ID 'arn:aws:kms:::key/1' ENCRYPTED"
    ) == statement


def test_names_are_quoted():
    assert '"a""; DROP TABLE b; --"' == quoted('a"; DROP TABLE b; --')


def test_the_place_and_the_window_are_told_in_words(table_of):
    given = source(cursor="changed", lag_seconds=60, end_value="2024-02-01")
    query = unload_query(table_of({"changed": "timestamp"}, given), given, {"cursor": "2024-01-01"})
    since = "changed >= '2023-12-31 23:59:00.000000'::TIMESTAMP and changed < '2024-02-01 00:00:00.000000'::TIMESTAMP"
    assert ("shop.sales.orders", since) == (query.place, query.since)


@pytest.mark.parametrize("kind, first", [("timestamp", "0001-01-01 00:00:00.000000"), ("date", "0001-01-01")])
def test_a_lag_reaches_no_further_back_than_the_calendar(table_of, kind, first):
    given = source(cursor="changed", lag_seconds=86_400)
    query = unload_query(table_of({"changed": kind}, given), given, {"cursor": "0001-01-01"})
    assert f"changed >= '{first}'::{kind.upper()}" == query.since


@pytest.mark.parametrize("end", ["soon", "0001-01-01T00:00:00+14:00"])
def test_an_end_that_cannot_be_compared_is_refused(table_of, end):
    given = source(cursor="changed", end_value=end)
    with pytest.raises(ContractError, match=r"cannot start or end there.*endValue"):
        unload_query(table_of({"changed": "timestamp"}, given), given, None)
