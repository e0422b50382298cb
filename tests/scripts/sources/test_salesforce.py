"""The Salesforce stand-in has the records of the two exports in Salesforce's form, and the second day's changes."""

import re

import pytest

from scripts.sources.salesforce.changes import CHANGES, HELD_BACK
from scripts.sources.salesforce.org import SalesforceOrg, SoqlError
from scripts.sources.salesforce.records import OBJECTS, SECOND_DAY, field_types, salesforce_records

STAMP = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
COUNTS = {
    "Account": 40,
    "Contact": 127,
    "Opportunity": 86,
    "OpportunityHistory": 48,
    "Lead": 60,
    "Campaign": 8,
    "CampaignMember": 68,
    "Case": 40,
    "Task": 75,
}


@pytest.fixture(scope="module")
def days():
    return {delivery: salesforce_records(delivery) for delivery in (1, 2)}


def test_every_object_holds_both_exports(days):
    assert {name: len(records) for name, records in days[2].items()} == COUNTS
    assert tuple(COUNTS) == OBJECTS


@pytest.mark.parametrize("name", OBJECTS)
def test_records_are_as_the_bulk_api_writes_them(days, name):
    records = days[2][name]
    assert {tuple(records[0])} == {tuple(record) for record in records}
    assert {18} == {len(record["Id"]) for record in records}
    assert len(records) == len({record["Id"] for record in records})
    assert all(STAMP.fullmatch(record[f]) for record in records for f in ("SystemModstamp", "CreatedDate"))
    assert {"true", "false"} >= {record["IsDeleted"] for record in records}


def test_deals_that_were_lost_on_the_second_day_were_won_before(days):
    before, after = ({r["Id"]: r for r in days[d]["Opportunity"]} for d in (1, 2))
    changed = {key for key in after if before[key]["StageName"] != after[key]["StageName"]}
    assert {("Closed Won", "Closed Lost")} == {(before[k]["StageName"], after[k]["StageName"]) for k in changed}
    assert 7 == len(changed) == len(days[2]["OpportunityHistory"]) - len(days[1]["OpportunityHistory"])
    assert all(before[k]["SystemModstamp"] < SECOND_DAY <= after[k]["SystemModstamp"] for k in changed)


@pytest.mark.parametrize("change", [pytest.param(c, id=f"{c.object}: {c.what}") for c in CHANGES])
def test_a_change_is_to_be_seen_on_the_second_day(days, change):
    before, after = ({r["Id"]: r for r in days[d][change.object]}[change.id] for d in (1, 2))
    assert change.cells.items() <= after.items()
    assert not change.cells.items() <= before.items()


def test_what_is_late_is_older_than_what_was_read_by_less_than_a_day(days):
    for name, ids in HELD_BACK.items():
        newest = max(r["SystemModstamp"] for r in days[1][name])
        late = [r["SystemModstamp"] for r in days[2][name] if r["Id"] in ids]
        assert set() == ids & {r["Id"] for r in days[1][name]}
        assert all(newest[:8] == stamp[:8] and stamp <= newest for stamp in late)


@pytest.mark.parametrize(
    "soql, code",
    [
        pytest.param("SELECT Id FROM Nope", "INVALID_TYPE", id="object"),
        pytest.param("SELECT Nope FROM Case", "INVALID_FIELD", id="field"),
        pytest.param("SELECT Address FROM Lead", "INVALID_FIELD", id="compound field"),
        pytest.param("SELECT Id FROM Case WHERE Id LIKE 'a'", "MALFORMED_QUERY", id="condition"),
        pytest.param("DELETE FROM Case", "MALFORMED_QUERY", id="no query"),
    ],
)
def test_a_query_that_salesforce_would_refuse_is_refused(days, soql, code):
    with pytest.raises(SoqlError) as refused:
        SalesforceOrg(days[2], field_types()).query(soql, all_rows=True)
    assert code == refused.value.code


def test_deleted_records_are_for_those_who_ask_for_all(days):
    org = SalesforceOrg(days[2], field_types())
    found = [len(org.query("SELECT Id FROM Task", all_rows=all_rows)[2]) for all_rows in (True, False)]
    assert [75, 74] == found
