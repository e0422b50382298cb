"""tables.sql has the full names of the stand-in's tables; a line without one is reported with its number."""

import pytest

from scripts.sources.fakesnow.snowflake_tables import Place, defined_tables
from shared.errors import TerminalError


def test_database_and_schema_are_those_of_the_definitions_however_they_are_spelt(tmp_path):
    file = tmp_path / "tables.sql"
    file.write_text(
        "-- CREATE TABLE in a comment\n"
        "CREATE OR REPLACE TABLE TOWN.PARKING.GARAGES (\n  ID NUMBER(38,0)\n);\n\n"
        'create or replace  table "Town"."car parks".tariffs(ID NUMBER(38,0));\n'
        "  CREATE OR REPLACE TABLE TOWN.PARKING.SESSIONS\n(ID NUMBER(38,0));\n"
    )
    expected = {
        "GARAGES": Place("TOWN", "PARKING", "GARAGES"),
        "TARIFFS": Place("Town", "car parks", "tariffs"),
        "SESSIONS": Place("TOWN", "PARKING", "SESSIONS"),
    }
    assert expected == defined_tables(file)


@pytest.mark.parametrize(
    "line, told",
    [
        pytest.param("CREATE OR REPLACE TABLE GARAGES (ID INT);", "does not say where", id="name alone"),
        pytest.param("CREATE OR REPLACE TABLE PARKING.GARAGES (ID INT);", "does not say where", id="no database"),
        pytest.param("CREATE OR REPLACE TABLE A.B.C.D (ID INT);", "does not say where", id="too long"),
        pytest.param("CREATE TABLE TOWN.PARKING.GARAGES (ID INT);", "does not say where", id="not to be replaced"),
        pytest.param("CREATE OR REPLACE TABLE TOWN.ZOO.first (ID INT);", "a name that stands above", id="twice"),
    ],
)
def test_line_of_another_form_is_told_with_its_number(tmp_path, line, told):
    file = tmp_path / "tables.sql"
    file.write_text(f"CREATE OR REPLACE TABLE TOWN.PARKING.FIRST (ID INT);\n{line}\n")
    with pytest.raises(TerminalError, match=rf"tables\.sql:2 .*{told}.*; given: .*; expected: "):
        defined_tables(file)
