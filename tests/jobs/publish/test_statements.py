"""Statements that Snowflake accepts from a role with no more rights than the documentation lists."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.publish import statements as say
from jobs.publish.rows import BEFORE, GONE
from tests.support.things import column, things

pytestmark = pytest.mark.slow


def parquet(**columns):
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    file.seek(0)
    return file


def test_files_go_through_the_stage_of_the_table_they_are_loaded_to(warehouse):
    """Any other stage would need the right CREATE STAGE on the schema, which the documentation does not list."""
    table = things(column("id", "bigint"))
    rows = parquet(id=[1, 2], **{GONE: [False, True], BEFORE: [True, True]})

    with warehouse.session() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS SALES").execute("USE SCHEMA SALES")
        cursor.execute(say.make_staged("LAKEWRIGHT_0a1b", table))
        cursor.execute(say.put("LAKEWRIGHT_0a1b", 1), file_stream=rows)
        cursor.execute(say.load("LAKEWRIGHT_0a1b"))
        counted = cursor.execute(say.count_staged("LAKEWRIGHT_0a1b")).fetchall()

    assert [(1, 1, 1)] == [tuple(row) for row in counted]
