"""All contracts together: their order, and what the selectors of a command line select."""

from dataclasses import replace
from pathlib import Path

import pytest

from shared.contracts import (
    Catalog,
    Column,
    Disposition,
    Kind,
    Parent,
    Query,
    RowRule,
    Severity,
    Source,
    Table,
    TableRule,
    load_catalog,
)
from shared.errors import UnknownNameError
from shared.names import Layer, Machine, TableName
from tests.support.small_catalog import write_catalog

NOTES = TableName(Layer.BRONZE, "desk__notes")
VISITS = TableName(Layer.SILVER, "visits")


@pytest.fixture
def catalog(tmp_path):
    return load_catalog(write_catalog(tmp_path))


def test_a_bronze_contract_becomes_a_table_with_its_source(catalog):
    expected = Table(
        name=NOTES,
        kind=Kind.INGESTED,
        version="1.0.0",
        description="Notes the desk takes.",
        grain="One row per note and version.",
        columns=(
            Column(name="id", type="bigint", description="Note.", required=True),
            Column(name="who", type="string", description="Person."),
            Column(name="day", type="string", description="Day."),
            Column(name="seen", type="timestamp", description="Stamp."),
        ),
        primary_key=("id",),
        disposition=Disposition.APPEND,
        source=Source(
            system="desk",
            type="snowflake",
            object="NOTES",
            database="DESK",
            schema="FRONT",
            cursor="seen",
            lag_seconds=900,
            initial_value="2020-01-01T00:00:00Z",
        ),
        file=Path(),
    )

    assert expected == catalog.table("bronze.desk__notes")


def test_a_silver_contract_becomes_a_table_with_its_rules(catalog):
    expected = Table(
        name=VISITS,
        kind=Kind.REFINED,
        version="1.0.0",
        description="Visits.",
        grain="One row per visit.",
        columns=(
            Column(name="visit_id", type="bigint", description="Visit.", required=True, logic="id"),
            Column(
                name="person",
                type="string",
                description="Person.",
                logic="trim(who)",
                parent=Parent(table=TableName(Layer.SILVER, "people"), column="person"),
            ),
            Column(name="visit_date", type="date", description="Day.", logic="day", format="dd.MM.yyyy"),
            Column(name="seen_at", type="timestamp", description="Stamp.", logic="seen"),
        ),
        primary_key=("visit_id",),
        disposition=Disposition.MERGE,
        sequence_by=("seen_at",),
        inputs=(NOTES,),
        row_rules=(RowRule(name="not_before_opening", bad="visit_date < DATE'2020-01-01'", severity=Severity.WARNING),),
        table_rules=(
            TableRule(
                name="not_empty", query="SELECT COUNT(*) FROM ${table}", severity=Severity.ERROR, at_least=5e-324
            ),
        ),
        file=Path(),
    )

    assert expected == catalog.table("silver.visits")


def test_a_contract_with_a_query_over_tables_becomes_a_built_table(catalog):
    days = catalog.table("gold.days")
    sql = "SELECT visit_date,\n       COUNT(*) AS visits\nFROM   silver.visits\nGROUP BY visit_date\n"

    assert (Kind.BUILT, Disposition.REFRESH, (VISITS,)) == (days.kind, days.disposition, days.inputs)
    assert (
        Query(
            sql=sql,
            inputs=(VISITS,),
            columns=("visit_date", "visits"),
            canonical="SELECT visit_date , COUNT ( * ) AS visits FROM silver . visits GROUP BY visit_date",
        )
        == days.query
    )


def test_tables_come_after_what_they_depend_on(catalog):
    assert ["bronze.desk__notes", "silver.people", "silver.visits", "gold.days"] == list(catalog.tables)


def test_only_landed_rows_carry_what_the_engine_adds(catalog):
    added = ("_ingested_at", "_run_id", "_sequence", "_source_position", "_rescued")

    assert ("id", "who", "day", "seen", *added) == tuple(
        c.name for c in catalog.table("bronze.desk__notes").all_columns
    )
    assert ("person", "seen_at") == tuple(c.name for c in catalog.table("silver.people").all_columns)


@pytest.mark.parametrize(
    "selectors, expected",
    [
        pytest.param([], ["bronze.desk__notes", "silver.people", "silver.visits", "gold.days"], id="nothing is all"),
        pytest.param(["silver.visits"], ["silver.visits"], id="a table"),
        pytest.param(["silver.people+"], ["silver.people", "silver.visits", "gold.days"], id="and what needs it"),
        pytest.param(["+silver.visits"], ["bronze.desk__notes", "silver.people", "silver.visits"], id="and its needs"),
        pytest.param(
            ["gold.days", "bronze.desk__notes"], ["bronze.desk__notes", "gold.days"], id="in the lake's order"
        ),
        pytest.param(["gold.days+"], ["gold.days"], id="nothing needs it"),
        pytest.param(["+bronze.desk__notes"], ["bronze.desk__notes"], id="it needs nothing"),
        pytest.param(
            ["+silver.people+"],
            ["bronze.desk__notes", "silver.people", "silver.visits", "gold.days"],
            id="in both directions",
        ),
    ],
)
def test_selectors_name_tables(catalog, selectors, expected):
    assert expected == [str(t.name) for t in catalog.select(selectors)]


@pytest.mark.parametrize("name", ["silver.visit", "visits", "", "+", "silver.visits*"])
def test_an_unknown_table_is_refused_with_the_names_that_exist(catalog, name):
    with pytest.raises(UnknownNameError) as refused:
        catalog.select([name])

    known = "bronze.desk__notes, gold.days, silver.people, silver.visits"
    assert f"unknown table; given: {name.strip('+')!r}; expected: one of {known}" == str(refused.value)


def test_a_catalog_is_read_once(tmp_path):
    write_catalog(tmp_path)

    assert load_catalog(tmp_path) is load_catalog(tmp_path)


def names(tables):
    return {str(t.name) for t in tables}


@pytest.mark.examples
def test_a_system_with_its_own_machine_is_not_read_by_the_daily_batch():
    catalog = load_catalog()
    daily, own = (names(catalog.of_machine(m)) for m in (Machine.DAILY_BATCH, Machine.SALESFORCE_INGESTION))
    from_salesforce = {n for n, t in catalog.tables.items() if t.source and t.source.system == "salesforce"}

    assert from_salesforce <= own
    assert set() == from_salesforce & daily
    assert set(catalog.tables) == daily | own
    assert {t.source.system for n, t in catalog.tables.items() if n in own and t.source} == {"salesforce"}


@pytest.mark.parametrize(
    "type_, machines",
    [
        pytest.param("salesforce", {Machine.SALESFORCE_INGESTION}, id="Salesforce"),
        pytest.param("s3", {Machine.FILE_LANDED, Machine.DAILY_BATCH}, id="files"),
        pytest.param("kafka", {Machine.DAILY_BATCH}, id="any other"),
    ],
)
def test_the_type_of_a_source_says_which_machine_reads_it_and_not_its_name(catalog, type_, machines):
    notes = catalog.table(str(NOTES))
    source = replace(notes.source, system="crm", type=type_)
    catalog = Catalog({**catalog.tables, str(NOTES): replace(notes, source=source)})

    assert {*machines, Machine.MAINTENANCE} == {machine for machine in Machine if catalog.of_machine(machine)}


@pytest.mark.examples
def test_the_machine_of_files_makes_what_files_feed():
    catalog = load_catalog()
    files = names(catalog.of_machine(Machine.FILE_LANDED))

    assert {"bronze.crm__accounts", "silver.accounts", "silver.opportunities"} <= files
    assert {t.source.type for n, t in catalog.tables.items() if n in files and t.source} == {"s3"}


def test_a_machines_tables_are_in_order():
    catalog = load_catalog()
    order = list(catalog.tables)

    for machine in Machine:
        chosen = [str(t.name) for t in catalog.of_machine(machine)]
        assert sorted(chosen, key=order.index) == chosen
