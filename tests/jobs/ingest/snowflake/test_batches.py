"""A result is fetched batch by batch, whole or not at all."""

import pyarrow as pa
import pytest

from jobs.ingest.read_cost import Tally
from jobs.ingest.reading import RAW, REASONS
from jobs.ingest.snowflake import batches as snowflake_batches
from jobs.ingest.snowflake.batches import run_query, typed_rows
from jobs.ingest.snowflake.query import Statement
from shared.errors import SourceUnavailableError
from shared.landed_columns import RESCUED, SOURCE_POSITION

pytestmark = pytest.mark.slow

TEXTS = (SOURCE_POSITION, RESCUED, RAW)
SCHEMA = pa.schema([("id", pa.int64()), *((name, pa.string()) for name in TEXTS), (REASONS, pa.list_(pa.string()))])
STATEMENT = Statement(
    secret="lakewright/local/snowflake",
    database="SHOP",
    schema="SALES",
    text='SELECT "ID" FROM "SHOP"."SALES"."MANY"',
    place="SHOP.SALES.MANY",
    error_context="snowflake, SHOP.SALES.MANY",
)


def ids(batch):
    parts = typed_rows(batch, SCHEMA, Tally(), error_context=STATEMENT.error_context, place=STATEMENT.place)
    return [i for rows in parts for i in rows["id"].to_pylist()]


@pytest.mark.parametrize("rows, shares", [(1, [10_000, 10_000, 5_000]), (10_001, [20_000, 5_000]), (100_000, [25_000])])
def test_every_batch_is_fetched_without_a_login(snowflake, put_secret, monkeypatch, rows, shares):
    monkeypatch.setattr(snowflake_batches, "ROWS_PER_SHARE", rows)
    put_secret(snowflake.secret)
    batches = run_query(STATEMENT)
    asked = len(snowflake.queries)
    found = [ids(batch) for batch in batches]
    assert shares == [len(batch) for batch in found]
    assert list(range(1, 25_001)) == sorted(i for batch in found for i in batch)
    assert asked == len(snowflake.queries)


def test_a_batch_may_be_fetched_again(snowflake, put_secret):
    put_secret(snowflake.secret)
    batch = run_query(STATEMENT)[-1]
    assert ids(batch) == ids(batch)


def test_an_address_that_has_expired_is_for_the_next_try(snowflake, put_secret):
    put_secret(snowflake.secret)
    batch = run_query(STATEMENT)[-1]
    snowflake.load()
    with pytest.raises(SourceUnavailableError, match=r"snowflake, SHOP\.SALES\.MANY: no answer"):
        ids(batch)
