"""Records become rows: text columns, nulls, positions, and reasons for what is no row."""

import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.ingest import delimited_rows
from jobs.ingest.delimited_rows import DelimitedText, _plain_column, arrow_rows

SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("id", "name", "_source_position", "_rescued", "_raw")]
    + [("_reasons", pa.list_(pa.string()))]
)


def rows(content: bytes) -> list[tuple]:
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", errors="surrogateescape", newline="")
    batches = arrow_rows(DelimitedText("a/b.csv", text, "utf-8"), ["id", "name"], SCHEMA)
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize(
    "content, expected",
    [
        pytest.param(
            b"id,name\n1,a\n2,\n",
            [("1", "a", "a/b.csv#2", None, None, []), ("2", None, "a/b.csv#3", None, None, [])],
            id="empty cell is null",
        ),
        pytest.param(b'id,name\n1,""\n', [("1", "", "a/b.csv#2", None, None, [])], id="empty cell in quotes is a text"),
        pytest.param("name,id\né,1\n".encode(), [("1", "é", "a/b.csv#2", None, None, [])], id="not ASCII"),
        pytest.param(b"id,name,new\n1,a,n\n", [("1", "a", "a/b.csv#2", '{"new": "n"}', None, [])], id="unknown column"),
        pytest.param(b"id,name,\n1,a,\n", [("1", "a", "a/b.csv#2", None, None, [])], id="trailing comma"),
        pytest.param(
            b"id,name\n1\n2,b\n3,c,d\n",
            [
                (None, None, "a/b.csv#2", None, "1", ["short row: 1 of 2 fields"]),
                ("2", "b", "a/b.csv#3", None, None, []),
                (None, None, "a/b.csv#4", None, "3,c,d", ["long row: 3 of 2 fields"]),
            ],
            id="short and long rows",
        ),
        pytest.param(b"id,name\n", [], id="header only"),
    ],
)
def test_records_become_rows(content, expected):
    assert expected == rows(content)


def test_batches_are_cut_by_rows_and_by_characters(monkeypatch):
    monkeypatch.setattr(delimited_rows, "ROWS_PER_BATCH", 2)
    monkeypatch.setattr(delimited_rows, "CHARACTERS_PER_BATCH", 100)
    content = b"id,name\n1,a\n2,b\n3,c\n4," + b"d" * 200 + b"\n5,e\n"
    assert ["1", "2", "3", "4", "5"] == [row[0] for row in rows(content)]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), min_size=1))
def test_the_quick_way_to_a_column_gives_what_the_plain_way_gives(cells):
    quick = _plain_column(cells)
    quick.validate(full=True)
    assert pa.array([cell or None for cell in cells], pa.string()) == quick
