"""Custom properties and sources that do not fit are refused with file and line, given and expected."""

import pytest

from shared.contracts import load_catalog
from tests.support.small_catalog import FILES, NOTES, PEOPLE, refusal, write_catalog


@pytest.mark.parametrize(
    "file, old, new, said",
    [
        pytest.param(
            NOTES,
            "property: lag",
            "property: leg",
            [
                "28: unknown custom property",
                "given: leg",
                "expected: clusterBy, cursor, endValue, initialValue, lag, reconcileRed, ",
            ],
            id="an unknown custom property",
        ),
        pytest.param(
            PEOPLE,
            "property: sequenceBy",
            "property: cursor",
            ["24: unknown custom property", "given: cursor"],
            id="a cursor above bronze",
        ),
        pytest.param(
            NOTES,
            "property: lag, value: 15 minutes",
            "property: cursor, value: id",
            ["28: the custom property cursor is given twice"],
            id="a custom property given twice",
        ),
        pytest.param(
            NOTES,
            "{property: lag, value: 15 minutes}",
            "{property: schemaContract, value: ignore}",
            ["28: schemaContract does not", "given: 'ignore'", "evolve or freeze or discardValue or quarantineRow"],
            id="a schemaContract that is none",
        ),
        pytest.param(
            NOTES,
            "{property: lag, value: 15 minutes}",
            "{property: schemaContract, value: [evolve]}",
            ["28: schemaContract does not", "given: ['evolve']", "evolve or freeze or discardValue or quarantineRow"],
            id="a list of schemaContracts",
        ),
        pytest.param(
            NOTES,
            "{property: cursor, value: seen}",
            "{property: cursor, value: [seen]}",
            ["27: cursor names a column the table does not have", "given: ['seen']", "expected: id, who, day, seen"],
            id="a list of cursors",
        ),
        pytest.param(
            NOTES,
            "{property: lag, value: 15 minutes}",
            "{property: reconcileRed, value: 0.5}",
            ["28: reconcileRed is no share", "given: 0.5", "expected: a percentage such as 0.1%"],
            id="a threshold without its sign",
        ),
        pytest.param(
            NOTES,
            "{property: lag, value: 15 minutes}",
            '{property: reconcileYellow, value: "1%"}',
            ["28: a difference would be a failure before it is a warning", "reconcileYellow 1", "reconcileRed 0.1"],
            id="a warning above the failure",
        ),
        pytest.param(
            NOTES,
            "{property: lag, value: 15 minutes}",
            "{property: reconcileWindow, value: always}",
            ["28: reconcileWindow is not a duration", "given: always"],
            id="a window that is no duration",
        ),
        pytest.param(
            NOTES,
            "15 minutes",
            "a while",
            ["28: lag is not a duration", "given: a while", "expected: <number> seconds|minutes|hours|days"],
            id="a lag that is no duration",
        ),
        pytest.param(
            NOTES,
            "15 minutes",
            "-15 minutes",
            ["28: lag is not a duration", "given: -15 minutes"],
            id="a negative lag",
        ),
        pytest.param(
            NOTES,
            "      - {property: cursor, value: seen}\n",
            "",
            ["28: initialValue and lag without a cursor"],
            id="a lag without a cursor",
        ),
        pytest.param(
            NOTES,
            "value: seen}",
            "value: saw}",
            ["27: cursor names a column", "given: saw", "expected: id, who, day, seen"],
            id="an unknown cursor",
        ),
        pytest.param(
            NOTES,
            '"2020-01-01T00:00:00Z"',
            "yesterday",
            ["29: initialValue is no value of the cursor", "given: yesterday", "2000-01-01T00:00:00Z, as seen has"],
            id="an initial value that is no timestamp",
        ),
        pytest.param(
            NOTES,
            '"2020-01-01T00:00:00Z"',
            '"0001-01-01T00:00:00+14:00"',
            ["29: initialValue is no value of the cursor"],
            id="an initial value before all time",
        ),
        pytest.param(
            NOTES,
            "{property: lag, value: 15 minutes}",
            '{property: endValue, value: "2019-12-31"}',
            ["28: endValue leaves nothing to read", "given: from 2020-01-01T00:00:00Z to 2019-12-31"],
            id="an end before the beginning",
        ),
        pytest.param(
            NOTES,
            "value: seen}",
            "value: day}",
            ["28: a lag is a stretch of time", "given: day: string", "expected: a cursor of type timestamp or date"],
            id="a lag of a text",
        ),
        pytest.param(
            NOTES,
            "{name: seen, logicalType: timestamp, physicalType: timestamp",
            "{name: seen, logicalType: boolean, physicalType: boolean",
            ["27: no source can be asked by a cursor of this type", "given: seen: boolean"],
            id="a cursor that is true or false",
        ),
        pytest.param(
            NOTES,
            "value: append",
            "value: snapshot",
            ["27: a snapshot is read whole", "given: cursor: seen"],
            id="a snapshot with a cursor",
        ),
        pytest.param(
            PEOPLE,
            "value: [seen_at]",
            "value: [saw_at]",
            ["24: sequenceBy names a column the table does not have", "given: saw_at", "expected: person, seen_at"],
            id="an unknown sequenceBy",
        ),
        pytest.param(
            PEOPLE,
            "      - {property: sequenceBy, value: [seen_at]}\n",
            "",
            ["10: a merged table needs sequenceBy"],
            id="a merge without sequenceBy",
        ),
        pytest.param(
            PEOPLE,
            "value: merge",
            "value: append",
            ["23: writeDisposition does not fit", "given: 'append'", "expected: merge or snapshot"],
            id="a writeDisposition of another layer",
        ),
        pytest.param(
            PEOPLE,
            "value: merge",
            "value: snapshot",
            ["10: writeDisposition does not fit its input", "given: snapshot over append"],
            id="a snapshot over an append",
        ),
        pytest.param(
            NOTES,
            "type: snowflake",
            "type: oracle",
            ["11: servers.0.type", "given: 'oracle'", "'snowflake'"],
            id="an unknown kind of source",
        ),
        pytest.param(
            NOTES,
            "    database: DESK\n",
            "",
            ["10: a snowflake server needs database"],
            id="a source without its database",
        ),
        pytest.param(
            PEOPLE,
            "schema:\n",
            "servers: [{server: desk, type: api}]\nschema:\n",
            ["9: a refined table has no source and is not served", "remove servers"],
            id="a source above bronze",
        ),
    ],
)
def test_a_bad_contract_is_refused_with_file_and_line(tmp_path, file, old, new, said):
    text = refusal(tmp_path, file, old, new)

    assert f"{file}:{said[0]}" == text[: len(f"{file}:{said[0]}")], text
    assert [] == [part for part in said if part not in text], text


def test_a_table_of_redshift_has_no_closed_column(tmp_path):
    told = FILES[NOTES].replace("type: snowflake", "type: redshift")
    closed = told.replace(
        "physicalType: string, description: Person",
        "physicalType: string, classification: confidential, description: Person",
    )

    text = refusal(tmp_path, NOTES, FILES[NOTES], closed)

    assert text.startswith(f"{NOTES}:22: column who is confidential, and a table of Redshift cannot have such a one")


SNOWFLAKE = "    type: snowflake\n    account: desk\n    database: DESK\n    schema: FRONT\n"
CSV = "    type: s3\n    location: s3://landing/notes/*.csv\n    format: csv\n"
SALESFORCE = "    type: custom\n    customProperties: [{property: connector, value: salesforce}]\n"
DAY = "{name: day, logicalType: string, physicalType: string"
DATE = "{name: day, logicalType: date, physicalType: date"


def of_files(changes):
    """The contract of notes as text files in the landing place, with some words replaced."""
    usual = {
        SNOWFLAKE: CSV,
        "      - {property: lag, value: 15 minutes}\n": "",
        "logicalType: integer, physicalType: bigint": "logicalType: string, physicalType: string",
        "logicalType: timestamp, physicalType: timestamp": "logicalType: string, physicalType: string",
    }
    text = FILES[NOTES]
    for old, new in {**usual, **changes}.items():
        assert 1 == text.count(old), old
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    "changes, said",
    [
        pytest.param(
            {"    format: csv\n": ""},
            "10: a s3 server needs format; expected: one of csv, json, excel, parquet",
            id="files of no format",
        ),
        pytest.param(
            {"format: csv": "format: xml"},
            "13: files of this format cannot be read; given: xml; expected: one of csv, json, excel, parquet",
            id="files of an unknown format",
        ),
        pytest.param(
            {CSV: "    type: api\n    location: https://example.com/notes.csv\n"},
            "10: files of this format cannot be read; given: nothing; expected: one of csv",
            id="a file of the web of no format",
        ),
        pytest.param(
            {"s3://landing/notes": "landing/notes"},
            "12: the location is not in the landing place; given: landing/notes/*.csv; expected: s3://landing/<folder>",
            id="a folder of no bucket",
        ),
        pytest.param(
            {"s3://landing/notes": "s3://partner-bucket/notes"},
            "12: the location is not in the landing place; given: s3://partner-bucket/notes/*.csv",
            id="a bucket of somebody else",
        ),
        *[
            pytest.param(
                {"s3://landing/notes/*.csv": f'"s3://landing/{location}"'},
                f"12: the location matches no file; given: s3://landing/{location}; expected: the files' names",
                id=f"a location {location}",
            )
            for location in ["notes/", "notes/[a-z].csv", "notes/*.{csv,gz}"]
        ],
        pytest.param(
            {DAY: DATE},
            "22: column day is date, and a source of this kind holds text only; expected: physicalType: string",
            id="a typed column of a text",
        ),
        pytest.param(
            {CSV: SALESFORCE, DAY: DATE},
            "21: column day is date, and a source of this kind holds text only",
            id="a typed column of Salesforce",
        ),
    ],
)
def test_what_a_source_cannot_give_is_refused_before_anything_runs(tmp_path, changes, said):
    text = refusal(tmp_path, NOTES, FILES[NOTES], of_files(changes))

    assert f"{NOTES}:{said}" == text[: len(f"{NOTES}:{said}")], text


def test_parquet_has_types(tmp_path):
    text = of_files({DAY: DATE, "format: csv": "format: parquet"})
    write_catalog(tmp_path, {NOTES: (FILES[NOTES], text)})

    assert "date" in {c.type for c in load_catalog(tmp_path).table("bronze.desk__notes").columns}


def test_a_cursor_of_files_may_be_a_text_with_a_lag(tmp_path):
    files = FILES[NOTES].replace("value: seen}", "value: day}").replace("type: snowflake", "type: s3")
    files = files.replace(
        "    account: desk\n    database: DESK\n    schema: FRONT\n",
        "    location: s3://landing/notes/*.csv\n    format: csv\n",
    )
    files = files.replace("integer, physicalType: bigint, primary", "string, physicalType: string, primary")
    files = files.replace("timestamp, physicalType: timestamp", "string, physicalType: string")
    write_catalog(tmp_path, {NOTES: (FILES[NOTES], files)})

    source = load_catalog(tmp_path).table("bronze.desk__notes").source

    assert ("day", 900) == (source.cursor, source.lag_seconds)
