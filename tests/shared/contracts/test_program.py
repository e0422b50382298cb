"""Python beside a contract is checked for the function that the engine calls, without being run."""

import pytest

from shared.contracts import Kind, load_catalog
from shared.contracts.refresh import derive_refresh_rule
from shared.errors import ContractError
from shared.names import TableName
from tests.support.small_catalog import DAYS, DAYS_SQL, NOTES, write_catalog

PY = """\
from pyspark.sql import functions as F


def build(inputs):
    return inputs["silver.visits"].groupBy("visit_date").agg(F.count("*").alias("visits"))
"""
READS = (
    "physicalType: bigint, description: Visits.}",
    "physicalType: bigint, description: Visits., transformSourceObjects: [silver.visits]}",
)


def written(folder, program=PY, reads=READS, **changes):
    """The small catalog, its built table made by Python."""
    write_catalog(folder, {DAYS: reads, **changes})
    (folder / DAYS_SQL).unlink()
    (folder / "gold/days.py").write_text(program, encoding="utf-8")
    return folder


def refusal(folder):
    with pytest.raises(ContractError) as refused:
        load_catalog(folder)
    return str(refused.value)


def test_a_table_with_python_is_built_of_the_tables_its_columns_name(tmp_path):
    catalog = load_catalog(written(tmp_path))
    days = catalog.table("gold.days")

    assert (Kind.BUILT, (TableName.parse("silver.visits"),), None) == (days.kind, days.inputs, days.query)
    assert "gold.days" == list(catalog.tables)[-1]
    assert "rebuilt, because it is made by Python" == str(derive_refresh_rule(days, catalog.tables))


def test_only_what_python_does_decides_the_rows(tmp_path):
    programs = (PY, PY.replace("    return", "    # by day\n    return  "), PY.replace("count", "max"))
    folders = [tmp_path / str(i) for i in range(3)]
    first, same, other = (
        load_catalog(written(f, p)).table("gold.days").fingerprint for f, p in zip(folders, programs, strict=True)
    )

    assert first == same != other


@pytest.mark.parametrize(
    "program, words",
    [
        pytest.param("def build(inputs)\n", "gold/days.py:1: the Python does not parse", id="no Python"),
        pytest.param("x = 1\n", "gold/days.py:1: there is no function to build the table with", id="no build"),
        pytest.param(
            "\ndef build(spark, inputs):\n    return None\n",
            "gold/days.py:2: there is no function to build the table with; given: def build(spark, inputs)",
            id="another argument",
        ),
        pytest.param(
            PY.replace('F.count("*")', "F.max(F.rand())"),
            "gold/days.py:5: another answer on every call; given: F.rand()",
            id="another answer on every call",
        ),
    ],
)
def test_what_the_engine_cannot_call_is_refused(tmp_path, program, words):
    assert words in refusal(written(tmp_path, program))


def test_python_that_reads_no_table_is_refused(tmp_path):
    assert "does not say which tables it reads" in refusal(written(tmp_path, reads=("", "")))


def test_python_that_reads_personal_data_in_clear_is_refused(tmp_path):
    reads = (READS[0], READS[1].replace("silver.visits", "bronze.desk__notes"))
    closed = ("description: Person.}", "classification: restricted, description: Person.}")
    folder = written(tmp_path, reads=reads, **{NOTES: closed})
    for silver in (folder / "silver").iterdir():
        silver.unlink()

    words = "gold/days.py:1: Python reads personal data that is still in clear; given: bronze.desk__notes.who"
    assert words in refusal(folder)


@pytest.mark.parametrize(
    "file, words",
    [
        pytest.param("gold/days.py", "a table is made in one way; given: days.sql and days.py", id="and SQL"),
        pytest.param("bronze/desk__notes.py", "a bronze table is what its source says", id="beside a bronze table"),
        pytest.param("gold/day.py", "gold/day.py:1: this file belongs to no table", id="beside no contract"),
    ],
)
def test_python_where_none_belongs_is_refused(tmp_path, file, words):
    write_catalog(tmp_path)
    (tmp_path / file).write_text(PY, encoding="utf-8")

    assert words in refusal(tmp_path)
