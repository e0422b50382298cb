"""Files of every format become rows, or are refused with what is wrong; what is no row is told and kept."""

import datetime as dt
import gzip
import io
import json
import zipfile
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.ingest import batches
from jobs.ingest.formats import excel_rows
from jobs.ingest.formats.by_format import rows_of_file
from jobs.ingest.formats.excel_errors import error_cells
from jobs.ingest.landing import LandedFile, file_token
from jobs.ingest.reading import RAW, REASONS
from shared.errors import SchemaDriftError, SourceContentError
from shared.landed_columns import RESCUED, SOURCE_POSITION
from tests.support.workbooks import MAIN, RELATIONS, Error, workbook

TEXTS = pa.schema(
    [*((n, pa.string()) for n in ("id", "name", SOURCE_POSITION, RESCUED, RAW)), (REASONS, pa.list_(pa.string()))]
)
HALF = "half of a character, as of an emoji that was cut in two"
TYPED = pa.schema(
    [
        ("id", pa.int64()),
        ("amount", pa.decimal128(12, 2)),
        ("at", pa.timestamp("us", "UTC")),
        *((n, pa.string()) for n in (SOURCE_POSITION, RESCUED, RAW)),
        (REASONS, pa.list_(pa.string())),
    ]
)


def listed(path, key):
    facts = path.stat()
    return LandedFile(
        key, str(path), file_token(path), dt.datetime.fromtimestamp(facts.st_mtime, dt.UTC), facts.st_size
    )


@pytest.fixture
def read(tmp_path):
    """The rows of a file with that content."""

    def rows(format_, content, name="things", schema=TEXTS):
        path = tmp_path / name
        path.write_bytes(content)
        file = listed(path, "crm/" + name)
        columns = [n for n in schema.names if not n.startswith("_")]
        batches = list(rows_of_file(format_, file, "UTF-8", columns, schema))
        return [tuple(row.values()) for row in pa.Table.from_batches(batches, schema).to_pylist()]

    return rows


def parquet(**columns):
    content = io.BytesIO()
    pq.write_table(pa.table(columns), content)
    return content.getvalue()


def old_moments(*moments):
    """As Spark and Hive write them unless told otherwise: INT96."""
    content = io.BytesIO()
    columns = {"id": list(range(len(moments))), "amount": [Decimal("1.00")] * len(moments), "at": moments}
    columns["seen"] = moments
    pq.write_table(pa.table(columns), content, use_deprecated_int96_timestamps=True)
    return content.getvalue()


def packed(name, content):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as into:
        into.writestr(name, content)
    return archive.getvalue()


def good(id_, name, line, rescued=None, file="crm/things"):
    return (id_, name, f"{file}#{line}", rescued, None, [])


@pytest.mark.parametrize(
    "content, expected",
    [
        pytest.param(
            b'{"id": 1, "name": "a"}\n\n{"NAME": "b", "Id": "2"}\r\n',
            [good("1", "a", 1), good("2", "b", 3)],
            id="lines",
        ),
        pytest.param(
            b'\xef\xbb\xbf{"id": null, "name": ""}', [good(None, "", 1)], id="null, an empty text, a byte order mark"
        ),
        pytest.param(b"", [], id="nothing"),
        pytest.param(
            b'{"id": 12345678901234567890.10, "name": {"k": [1.50, true, null, "\xc3\xa9"]}}',
            [good("12345678901234567890.10", '{"k": [1.50, true, null, "é"]}', 1)],
            id="numbers to the digit, values within values",
        ),
        pytest.param(
            b'{"id": "1", "colour": "red", "size": 1.0, "none": null}',
            [good("1", None, 1, '{"colour": "red", "size": 1.0}')],
            id="unknown names",
        ),
        pytest.param(
            b'{"id": NaN, "name": {"k": -Infinity}, "new": Infinity}',
            [good("NaN", '{"k": "-Infinity"}', 1, '{"new": "Infinity"}')],
            id="numbers that JSON does not have",
        ),
        pytest.param(
            b'{"id": "\\ud83d\\ude00"}\n{"id": "\\ud83d"}\n{"id": "1", "name": ["\\ude00"]}\n{"\\ud83d": 1}',
            [
                good("\U0001f600", None, 1),
                *(
                    (None, None, f"crm/things#{line}", None, text, [HALF])
                    for line, text in (
                        (2, r'{"id": "\ud83d"}'),
                        (3, r'{"id": "1", "name": ["\ude00"]}'),
                        (4, r'{"\ud83d": 1}'),
                    )
                ),
            ],
            id="an emoji that was cut in two",
        ),
        pytest.param(
            b'{"id": 1,\n["a"]\n{"id": 1, "ID": 2}\n{"id": "\xe9"}\n{"id": "a\\u0000"}\n{"id": "9"}',
            [
                (None, None, "crm/things#1", None, '{"id": 1,', ["not a JSON object"]),
                (None, None, "crm/things#2", None, '["a"]', ["not a JSON object"]),
                (None, None, "crm/things#3", None, '{"id": 1, "ID": 2}', ["a name occurs twice"]),
                (None, None, "crm/things#4", None, '{"id": "\\xe9"}', ["bytes that are no characters of the encoding"]),
                (None, None, "crm/things#5", None, '{"id": "a\\u0000"}', ["a NUL character"]),
                good("9", None, 6),
            ],
            id="lines that are no rows",
        ),
        pytest.param(
            b'{"id": 1, "name": {"a": 1, "A": 2}}\n{"id": 1, "name": {"a": 1, "a": 2}}\n{"x": 1, "X": 2}',
            [
                good("1", '{"a": 1, "A": 2}', 1),
                (None, None, "crm/things#2", None, '{"id": 1, "name": {"a": 1, "a": 2}}', ["a name occurs twice"]),
                (None, None, "crm/things#3", None, '{"x": 1, "X": 2}', ["a name occurs twice"]),
            ],
            id="the case of names within values counts",
        ),
    ],
)
def test_lines_of_json_become_rows(read, content, expected):
    assert expected == read("json", content)


def test_json_is_read_packed(read):
    line = b'{"id": "1", "name": "a"}\n'
    assert [good("1", "a", 1, file="crm/a.json.gz")] == read("json", gzip.compress(line), "a.json.gz")
    assert [good("1", "a", 1, file="crm/A.JSON.GZ")] == read("json", gzip.compress(line), "A.JSON.GZ")
    assert [good("1", "a", 1, file="crm/a.zip!b.jsonl")] == read("json", packed("b.jsonl", line), "a.zip")
    with pytest.raises(SourceContentError, match="packed, and not whole"):
        read("json", gzip.compress(line)[:-12], "a.json.gz")
    with pytest.raises(SourceContentError, match=r"holds no \.json or \.jsonl or \.ndjson; given: b\.csv"):
        read("json", packed("b.csv", line), "a.zip")


def test_a_long_text_of_json_comes_in_batches(read):
    rows = read("json", b"".join(b'{"id": %d}\n' % n for n in range(25_000)))
    assert [str(n) for n in range(25_000)] == [row[0] for row in rows]


@pytest.mark.parametrize(
    "format_, content",
    [
        pytest.param("json", b'{"id": "1", "name": "%s"}\n' % (b"a" * 1000) * 50, id="json"),
        pytest.param(
            "parquet", parquet(id=list("12345") * 10, name=[f"{n}{'a' * 1000}" for n in range(50)]), id="parquet"
        ),
    ],
)
def test_long_rows_come_in_small_batches(tmp_path, monkeypatch, format_, content):
    monkeypatch.setattr(batches, "CHARACTERS_PER_BATCH", 10_000)
    path = tmp_path / "things"
    path.write_bytes(content)
    file = listed(path, "things")
    found = list(rows_of_file(format_, file, "UTF-8", ["id", "name"], TEXTS))
    assert max(batch.num_rows for batch in found) <= 10
    # Rows are counted on from batch to batch.
    places = [place for batch in found for place in batch.column(SOURCE_POSITION).to_pylist()]
    assert [f"things#{n}" for n in range(1, 51)] == places


def test_the_first_sheet_of_a_workbook_becomes_rows(read):
    noon = dt.datetime(2026, 1, 31, 12)  # noqa: DTZ001
    content = workbook(
        ("Name", "ID", "When", "Flag"),
        ("a", 1, noon, True),
        (None, None, None, None),
        ("b", 1.5, dt.datetime(2026, 2, 1), False),  # noqa: DTZ001
        ("007", 12345678901, None, None),
    )
    assert [
        good("1", "a", 2, '{"When": "2026-01-31 12:00:00", "Flag": "true"}', "crm/t.xlsx"),
        good("1.5", "b", 4, '{"When": "2026-02-01", "Flag": "false"}', "crm/t.xlsx"),
        good("12345678901", "007", 5, None, "crm/t.xlsx"),
    ] == read("excel", content, "t.xlsx")


def test_a_row_with_an_error_in_place_of_a_value_is_refused(read):
    content = workbook(("ID", "Name"), (1, "a"), (2, Error("#N/A")), (Error("#REF!"), Error("#DIV/0!")), (3, "c"))
    assert [
        good("1", "a", 2, None, "crm/t.xlsx"),
        (None, None, "crm/t.xlsx#3", None, '["2", ""]', ["B3 is #N/A, and no value"]),
        (None, None, "crm/t.xlsx#4", None, '["", ""]', ["A4 is #REF!, and no value", "B4 is #DIV/0!, and no value"]),
        good("3", "c", 5, None, "crm/t.xlsx"),
    ] == read("excel", content, "t.xlsx")


def test_a_workbook_of_the_strict_form_tells_its_errors_too(read):
    content = in_strict_form(workbook(("ID", "Name"), (1, "a"), (2, Error("#N/A"))))
    assert [
        good("1", "a", 2, None, "crm/t.xlsx"),
        (None, None, "crm/t.xlsx#3", None, '["2", ""]', ["B3 is #N/A, and no value"]),
    ] == read("excel", content, "t.xlsx")


def in_strict_form(content):
    """As Excel saves a "Strict Open XML" workbook: ISO 29500's own namespaces."""
    strict = "http://purl.oclc.org/ooxml/"
    return repacked(
        content,
        lambda text: text.replace(MAIN, strict + "spreadsheetml/main").replace(
            RELATIONS, strict + "officeDocument/relationships"
        ),
    )


def repacked(content, change):
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name).decode()))
    return made.getvalue()


def test_a_workbook_whose_errors_cannot_be_looked_for_is_refused(tmp_path):
    path = tmp_path / "t.xlsx"
    path.write_bytes(repacked(workbook(("ID",), (1,)), lambda text: text.replace('Id="r1"', 'Id="r9"')))
    with pytest.raises(ValueError, match=r"the first sheet, Things, is not where xl/workbook\.xml says"):
        error_cells(path)


def test_a_workbook_that_would_fill_the_memory_is_refused_before_it_is_unpacked(read, monkeypatch):
    content = workbook(("ID", "Name"), (1, "a" * 100_000))
    monkeypatch.setattr(excel_rows, "LARGEST", 100_000)
    with pytest.raises(SourceContentError, match=r"crm/t\.xlsx: the workbook is too large.*at most 100000"):
        read("excel", content, "t.xlsx")


@pytest.mark.parametrize(
    "content, words",
    [
        pytest.param(b"id,name\n", "no workbook that can be read", id="no workbook"),
        pytest.param(workbook(("id", "name"))[:-40], "no workbook that can be read", id="half a workbook"),
        pytest.param(workbook(), "there is no header", id="an empty sheet"),
        pytest.param(workbook(("id",), (1,)), "columns are missing from the header: name", id="a column missing"),
    ],
)
def test_a_workbook_that_cannot_be_read_is_refused(read, content, words):
    with pytest.raises((SourceContentError, SchemaDriftError), match=words):
        read("excel", content, "t.xlsx")


def test_parquet_keeps_its_types_to_the_digit(read):
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    content = parquet(
        AT=pa.array([moment, None], pa.timestamp("us", "UTC")),
        id=pa.array([1, 2], pa.int32()),
        amount=pa.array([Decimal("1.50"), Decimal("2.125")], pa.decimal128(12, 3)),
        colour=["red", None],
    )
    first, second = read("parquet", content, schema=TYPED)
    assert (1, Decimal("1.50"), moment, "crm/things#1", '{"colour": "red"}', None, []) == first
    assert (2, None, None, "crm/things#2", None) == second[:5]
    assert (json.loads(second[5])["amount"], second[6]) == (
        "2.125",
        ["amount: the value does not fit decimal128(12, 2)"],
    )


def test_moments_of_any_year_and_numbers_of_no_size_come_through_parquet(read):
    end = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)
    [row] = read("parquet", old_moments(end), schema=TYPED)
    assert (end, '{"seen": "9999-12-31 00:00:00"}', []) == (row[2], row[4], row[6])
    content = parquet(id=[1], amount=[Decimal("1.00")], at=[end], ratios=[[float("nan"), float("inf"), 0.5]])
    [row] = read("parquet", content, schema=TYPED)
    assert '{"ratios": ["NaN", "Infinity", 0.5]}' == row[4]


@pytest.mark.parametrize(
    "content, words",
    [
        pytest.param(b"PAR1", "no Parquet file, or not whole", id="no Parquet"),
        pytest.param(parquet(id=[1], amount=[Decimal("1.00")], at=[None])[:-30], "no Parquet file", id="half a file"),
        pytest.param(parquet(id=[1], amount=[Decimal("1.00")]), "columns are missing: at", id="a column missing"),
        pytest.param(
            parquet(id=["1"], amount=[Decimal("1.00")], at=[None]), "column id is of another kind", id="another kind"
        ),
    ],
)
def test_a_parquet_file_that_does_not_fit_is_refused(read, content, words):
    with pytest.raises((SourceContentError, SchemaDriftError), match=words):
        read("parquet", content, schema=TYPED)
