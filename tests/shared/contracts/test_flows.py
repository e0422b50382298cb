"""A table over several flows: its query is generated from its contract, and flows that do not fit are refused."""

import pytest

from shared.contracts import load_catalog
from shared.contracts.refresh import derive_refresh_rule
from shared.errors import ContractError
from tests.support.two_flows import FIRST, FLOW, PEOPLE, SECOND, two_flows

SQL = "SELECT 1 AS person_id FROM silver.called\n"
CITY = "      - {name: city, logicalType: string, physicalType: string, description: City.}\n"


def written(folder, files):
    for name, text in files.items():
        layer, _, table = name.partition(".")
        path = folder / layer / (table if table.endswith(".sql") else f"{table}.odcs.yaml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_a_table_over_flows_is_refreshed_by_its_key(tmp_path):
    catalog = load_catalog(written(tmp_path, two_flows()))
    people = catalog.table(PEOPLE)

    assert (FIRST, SECOND) == tuple(map(str, people.flows)) == tuple(map(str, people.inputs))
    assert "refreshed by person_id" == str(derive_refresh_rule(people, catalog.tables))


@pytest.mark.examples
def test_each_flow_of_the_deals_takes_out_what_its_system_has_deleted():
    catalog = load_catalog()
    deals = catalog.table("silver.deals")
    files = "lower(isdeleted) IN ('true', '1')"

    predicates = {str(name): catalog.table(str(name)).apply_as_deletes for name in deals.flows}
    assert {"silver.salesforce_opportunities": "isdeleted = 'true'", "silver.opportunities": files} == predicates
    assert "account_id" not in [c.name for c in deals.columns if c.required]


@pytest.mark.parametrize(
    "file, old, new, said",
    [
        pytest.param(PEOPLE, f"[{FIRST}, {SECOND}]", FIRST, "priority does not name the flows", id="one flow"),
        pytest.param(PEOPLE, SECOND, FIRST, "priority does not name the flows", id="a flow twice"),
        pytest.param(PEOPLE, SECOND, "written", "priority does not name the flows", id="no table"),
        pytest.param(PEOPLE, SECOND, "silver.typed", "25: unknown input table; given: silver.typed", id="unknown"),
        pytest.param(PEOPLE, SECOND, "bronze.desk__written", "one row per key of the table", id="a landed table"),
        pytest.param(PEOPLE, FLOW, "", "does not say which of them a row is from", id="no column for the flow"),
        pytest.param(SECOND, CITY, "", "column city is not the same in every flow", id="a column that a flow lacks"),
        pytest.param(
            PEOPLE,
            CITY,
            CITY.replace("name: city", "name: town"),
            "column town is not the same in every flow; given: silver.called: no such column; expected: string",
            id="a column that no flow has",
        ),
        pytest.param(
            SECOND,
            "logicalType: integer\n        physicalType: bigint",
            "logicalType: string\n        physicalType: string",
            "given: silver.written: string; expected: bigint",
            id="another type",
        ),
        pytest.param(SECOND, "name: person_id", "name: number", "given: silver.written, by number", id="another key"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, file, old, new, said):
    files = two_flows()
    assert old in files[file]
    files[file] = files[file].replace(old, new)

    with pytest.raises(ContractError) as refused:
        load_catalog(written(tmp_path, files))
    assert said in str(refused.value)


def test_a_table_is_made_by_priority_or_by_a_query_and_not_by_both(tmp_path):
    with pytest.raises(ContractError, match=r"a table is made in one way; given: people\.sql and priority"):
        load_catalog(written(tmp_path, two_flows() | {f"{PEOPLE}.sql": SQL}))
