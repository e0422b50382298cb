"""A header decides which cell is which column; what does not fit it is said, not guessed."""

import pytest

from jobs.ingest.formats.delimited import REASON_BYTES, Record
from jobs.ingest.formats.delimited_layout import read_layout
from shared.errors import SchemaDriftError, SourceContentError


def record(*cells, reasons=(), quoted_empties=()):
    return Record(2, ",".join(cells), list(cells), frozenset(quoted_empties), reasons)


@pytest.mark.parametrize(
    "header, indices, unknown",
    [
        pytest.param(("id", "name"), (0, 1), (), id="same order"),
        pytest.param(("Name", "ID"), (1, 0), (), id="other order and case"),
        pytest.param((" id ", "name\t"), (0, 1), (), id="blanks around names"),
        pytest.param(("id", "new", "name"), (0, 2), ((1, "new"),), id="unknown column"),
        pytest.param(("id", "name", ""), (0, 1), ((2, "(column 3)"),), id="trailing comma"),
        pytest.param(("", "id", "", "name"), (1, 3), ((0, "(column 1)"), (2, "(column 3)")), id="nameless columns"),
    ],
)
def test_columns_are_found_by_name(header, indices, unknown):
    layout = read_layout(record(*header), ["id", "name"], "f.csv")
    assert (indices, unknown, len(header)) == (layout.indices, layout.unknown, layout.width)


@pytest.mark.parametrize(
    "header, words",
    [
        pytest.param(None, "f.csv: there is no header, the file is empty", id="empty file"),
        pytest.param(
            record("id", "nome"), "f.csv: columns are missing from the header: name; given: id, nome", id="missing"
        ),
        pytest.param(
            record("1", "canary"),
            "f.csv: columns are missing from the header: id, name; given: 2 cells, of which none are names of columns",
            id="values for names",
        ),
        pytest.param(
            record("canary", "canary"),
            "f.csv: columns occur twice in the header; given: 2 cells, of which none are names of columns",
            id="doubled values for names",
        ),
        pytest.param(record("id", "name", "ID"), "f.csv: columns occur twice in the header; given: id", id="doubled"),
        pytest.param(
            record("id", "name", "x", "X"), "f.csv: columns occur twice in the header; given: x", id="unknown doubled"
        ),
        pytest.param(
            record("id", "name", reasons=(REASON_BYTES,)),
            "f.csv: the header cannot be read; given: bytes",
            id="undecodable",
        ),
    ],
)
def test_a_header_that_does_not_fit_is_refused(header, words):
    with pytest.raises((SourceContentError, SchemaDriftError)) as refused:
        read_layout(header, ["id", "name"], "f.csv")
    assert str(refused.value).startswith(words)
    assert "expected: a header with id, name" in str(refused.value)


@pytest.mark.parametrize(
    "cells, mend",
    [
        pytest.param(("id;name",), "only commas separate cells: have the file sent with commas in place of semicolons"),
        pytest.param(("id\tname",), "only commas separate cells: have the file sent with commas in place of tabs"),
        pytest.param(("id|name",), "only commas separate cells: have the file sent with commas in place of bars"),
        pytest.param(("id and name",), "have the file sent again, or change the contract"),
        pytest.param(("id", "a;b"), "have the file sent again, or change the contract"),
    ],
    ids=["semicolons", "tabs", "bars", "one name", "commas and a semicolon"],
)
def test_a_header_that_other_signs_separate_is_told_so(cells, mend):
    with pytest.raises(SchemaDriftError) as refused:
        read_layout(record(*cells), ["id", "name"], "f.csv")
    assert mend == refused.value.mend


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(("7", "Ann Canary", "ID", "+1 208 555"), id="missing names"),
        pytest.param(("Ann Canary", "Ann Canary", "ID", "+1 208 555"), id="doubled names"),
    ],
)
def test_of_a_file_without_a_header_no_persons_values_are_told(cells):
    """Idaho is ID, and a column's name."""
    with pytest.raises(SchemaDriftError, match="given: 4 cells, of which 1 are names of columns") as refused:
        read_layout(record(*cells), ["id", "name", "phone"], "f.csv")
    assert not [cell for cell in cells if cell != "ID" and cell.casefold() in str(refused.value).casefold()]


@pytest.mark.parametrize(
    "given, faults",
    [
        pytest.param(record("1", "2", "3"), (), id="right"),
        pytest.param(record("1", "2"), ("short row: 2 of 3 fields",), id="short"),
        pytest.param(record("1", "2", "3", ""), ("long row: 4 of 3 fields",), id="long"),
        pytest.param(record(reasons=("a NUL character",)), ("a NUL character",), id="broken"),
    ],
)
def test_a_record_of_another_width_is_no_row(given, faults):
    assert faults == read_layout(record("id", "name", "new"), ["id", "name"], "f.csv").faults(given)


@pytest.mark.parametrize(
    "given, rescued",
    [
        pytest.param(record("1", "ö", "2", "x"), '{"new": "ö", "(column 4)": "x"}', id="both"),
        pytest.param(record("1", "", "2", "x"), '{"(column 4)": "x"}', id="one"),
        pytest.param(record("1", "", "2", ""), None, id="none"),
        pytest.param(record("1", "", "2", "", quoted_empties=[1]), '{"new": ""}', id="an empty text"),
    ],
)
def test_cells_of_unknown_columns_are_rescued(given, rescued):
    assert rescued == read_layout(record("id", "new", "name", ""), ["id", "name"], "f.csv").rescued(given)
