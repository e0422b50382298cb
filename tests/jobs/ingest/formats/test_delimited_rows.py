"""Records become rows: text columns, nulls, positions, and reasons for what is no row."""

import io
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobs.ingest import batches
from jobs.ingest.formats import delimited, delimited_rows
from jobs.ingest.formats.delimited_rows import DelimitedText, arrow_rows

SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("id", "name", "_source_position", "_rescued", "_raw")]
    + [("_reasons", pa.list_(pa.string()))]
)


def rows(content: bytes, columns: list[str] = ("id", "name"), *, knows_empty: bool = True) -> list[tuple]:
    schema = pa.schema([f for f in SCHEMA if f.name in columns or f.name.startswith("_")])
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", errors="surrogateescape", newline="")
    batches = arrow_rows(DelimitedText("a/b.csv", text, "utf-8", knows_empty), columns, schema)
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
    monkeypatch.setattr(batches, "ROWS_PER_BATCH", 2)
    monkeypatch.setattr(batches, "CHARACTERS_PER_BATCH", 100)
    content = b"id,name\n1,a\n2,b\n3,c\n4," + b"d" * 200 + b"\n5,e\n6\n"
    assert ["1", "2", "3", "4", "5", None] == [row[0] for row in rows(content)]


HOSTILE = st.sampled_from(
    [*'ab,,,\n\n\r"\0\ufeff\x0b\x85é', "\r\n", '""', '"a"', ',"', '",', "1,b\n", '"1","b"\r\n', "\xff"]
)


@given(st.lists(HOSTILE, max_size=30), st.sampled_from(["id,name", "name,ID", "id,name,new", "id", "id,name,a,b"]))
@example(["1,b\n"] * 4, "id,name")
@example(['"1","b"\r\n'] * 4, "id,name")
@example(["a", '"a"', "\r", "\r", "\n", "a"], "id,name")
@pytest.mark.parametrize("knows_empty", [True, False])
@pytest.mark.parametrize("stretch", [1, 5, 1000])
def test_what_is_cut_at_once_is_what_is_cut_record_by_record(stretch, knows_empty, parts, header):
    content = "".join([header, "\n", *parts]).encode("utf-8").replace("\xff".encode(), b"\xff")
    columns = [name for name in ("id", "name") if name in header.lower()]
    with patch.object(delimited, "STRETCH", stretch):
        at_once = rows(content, columns, knows_empty=knows_empty)
    with patch.object(delimited_rows, "cut_at_once", lambda *_, **__: None):
        assert rows(content, columns, knows_empty=knows_empty) == at_once


def test_clean_files_are_cut_at_once(monkeypatch):
    monkeypatch.setattr(delimited_rows, "_batch", None)
    content = b'id,name,new\r\n1,a,\r\n"2","b\nb","n"\r\n3,"",""\r\n'
    assert [
        ("1", "a", "a/b.csv#2", None, None, []),
        ("2", "b\nb", "a/b.csv#3", '{"new": "n"}', None, []),
        ("3", "", "a/b.csv#5", '{"new": ""}', None, []),
    ] == rows(content)
