"""Records are cut right out of well-formed and of hostile text, and nothing is made up out of a broken one."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.ingest.formats import delimited
from jobs.ingest.formats.delimited import EndlessCellError, Lines, Record, readable, records

UNDOUBLED = "a quote inside a quoted cell is not doubled"
UNCLOSED = "a quote is opened and never closed"
NUL = "a NUL character"
BYTES = "bytes that are no characters of the encoding"
NEXT = ["4", "5", "6"]


def cut(content: bytes, encoding: str = "utf-8-sig") -> list[Record]:
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, errors="surrogateescape", newline="")
    return list(records(Lines(text)))


@pytest.mark.parametrize(
    "content, cells",
    [
        pytest.param(b"a,b\n1,2\n", [["a", "b"], ["1", "2"]], id="plain"),
        pytest.param(b"\xef\xbb\xbfa,b\n1,2\n", [["a", "b"], ["1", "2"]], id="byte order mark"),
        pytest.param(b"a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]], id="CRLF"),
        pytest.param(b"a,b\r1,2\r", [["a", "b"], ["1", "2"]], id="CR"),
        pytest.param(b"a,b\n1,2\r\n3,4\r5,6", [["a", "b"], ["1", "2"], ["3", "4"], ["5", "6"]], id="mixed ends"),
        pytest.param(b"a,b\n\n1,2\n\r\n\n", [["a", "b"], ["1", "2"]], id="blank lines"),
        pytest.param(b'"a","b"\n', [["a", "b"]], id="quotes"),
        pytest.param(b'"a,b",c\n', [["a,b", "c"]], id="comma in quotes"),
        pytest.param(b'"say ""hi""",c\n', [['say "hi"', "c"]], id="doubled quotes"),
        pytest.param(b'"a\nb\r\nc\rd",e\n1,2\n', [["a\nb\r\nc\rd", "e"], ["1", "2"]], id="line ends in quotes"),
        pytest.param(b'1,"{""k"": ""v, w"", ""n"": null}"\n', [["1", '{"k": "v, w", "n": null}']], id="JSON"),
        pytest.param(b'5" disk,x\n', [['5" disk', "x"]], id="quote inside a bare cell"),
        pytest.param(b'a, "b"\n', [["a", ' "b"']], id="space before a quote"),
        pytest.param("é,日本\n".encode(), [["é", "日本"]], id="not ASCII"),
        pytest.param(b",,\n", [["", "", ""]], id="empty cells"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"a,b", [["a", "b"]], id="no end of line at the end"),
    ],
)
def test_well_formed_text_gives_its_cells(content, cells):
    found = cut(content)
    assert cells == [r.cells for r in found]
    assert not any(r.reasons for r in found)


@pytest.mark.parametrize(
    "content, reasons, text, next_cells",
    [
        pytest.param(b'1,"a"b,3\n4,5,6\n', [UNDOUBLED], '1,"a"b,3', NEXT, id="quote not doubled"),
        pytest.param(b'1,"a\\"b",3\n4,5,6\n', [UNDOUBLED], '1,"a\\"b",3', NEXT, id="backslash for a quote"),
        pytest.param(b'1,"a,3\n4,5,6\n', [UNCLOSED], '1,"a,3\n4,5,6', None, id="never closed"),
        pytest.param(
            b'1,"a,3\n4,"b",6\n7,8,9\n', [UNDOUBLED], '1,"a,3\n4,"b",6', ["7", "8", "9"], id="closed by the next quote"
        ),
        pytest.param(b"1,a\0b,3\n4,5,6\n", [NUL], "1,a\0b,3", NEXT, id="NUL"),
        pytest.param(b'1,"a\0b",3\n4,5,6\n', [NUL], '1,"a\0b",3', NEXT, id="NUL in quotes"),
        pytest.param(b"1,Ren\xe9e,3\n4,5,6\n", [BYTES], "1,Ren\\xe9e,3", NEXT, id="latin-1 byte"),
        pytest.param(b'1,"Ren\xe9e",3\n4,5,6\n', [BYTES], '1,"Ren\\xe9e",3', NEXT, id="latin-1 byte in quotes"),
        pytest.param(b"1,\xed\xa0\x80,3\n4,5,6\n", [BYTES], "1,\\xed\\xa0\\x80,3", NEXT, id="half a surrogate pair"),
        pytest.param(b"1,a\0\xff,3\n", [NUL, BYTES], "1,a\0\\xff,3", None, id="two faults"),
    ],
)
def test_a_broken_record_is_kept_whole_and_the_next_one_is_read(content, reasons, text, next_cells):
    broken, *others = cut(content)
    assert (tuple(reasons), text) == (broken.reasons, readable(broken.text, "utf-8"))
    assert ([next_cells] if next_cells else []) == [r.cells for r in others]


def test_a_record_knows_the_line_it_begins_on():
    assert [1, 2, 5, 8] == [r.line for r in cut(b'h,i\n"a\n\nb",c\n1,2\r\n\n\n3,4')]


@pytest.mark.parametrize(
    "content, empties",
    [
        pytest.param(b'"",,a\n', {0}, id="first"),
        pytest.param(b'a,,""\n', {2}, id="last"),
        pytest.param(b'"a""b","","c,""d"\n', {1}, id="among doubled quotes"),
        pytest.param(b'"""",""""""\n', set(), id="quotes only"),
        pytest.param(b'"x","y"\n', set(), id="none"),
    ],
)
def test_an_empty_cell_in_quotes_is_told_from_one_without(content, empties):
    [record] = cut(content)
    assert empties == record.quoted_empties


def test_other_encodings_are_read():
    assert [["é", "€"]] == [r.cells for r in cut("é,€\n".encode("cp1252"), "cp1252")]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'1,"' + b"a,b\n" * 100, id="quote never closed"),
        pytest.param(b"a" * 400, id="line never ended"),
        pytest.param(b'1,"' + b"a" * 400 + b'"\n', id="long cell in quotes"),
    ],
)
def test_a_cell_without_end_stops_the_file(content, monkeypatch):
    monkeypatch.setattr(delimited, "LONGEST_CELL", 200)
    with pytest.raises(EndlessCellError, match="line 2: a cell of more than 200"):
        cut(b"h,i\n" + content)


cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.lists(st.lists(cell, min_size=2, max_size=4), max_size=6))
def test_what_a_csv_writer_writes_is_read_back(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    found = cut(text.getvalue().encode())
    assert rows == [r.cells for r in found]
    assert not any(r.reasons for r in found)


@given(st.binary(max_size=200))
def test_no_bytes_stop_the_reading_and_none_are_lost(content):
    found = cut(content, "utf-8")
    text = content.decode("utf-8", "surrogateescape")
    kept = "".join(r.text for r in found)
    assert text.translate({13: None, 10: None}) == kept.translate({13: None, 10: None})
