"""Objects of Salesforce are read through Spark, from the position on; its troubles come back as errors of the house."""

import json
import traceback

import boto3
import pytest
from pyspark import cloudpickle

from jobs.ingest.read_cost import ReadCost
from jobs.ingest.readers import READERS
from jobs.ingest.salesforce.reader import read_salesforce
from scripts.generating.copies import Copying
from scripts.generating.generated import generated_records
from scripts.sources.salesforce.org import written
from scripts.sources.salesforce.stand_in import Fault, SalesforceStandIn
from shared.contracts import Source, load_catalog
from shared.errors import SchemaDriftError, SourceUnavailableError, TerminalError
from shared.jobs import Window

pytestmark = pytest.mark.slow

COLUMNS = {"id": "string", "name": "string", "isdeleted": "string", "systemmodstamp": "string"}
THINGS = Source(system="salesforce", type="salesforce", object="Thing", cursor="systemmodstamp", lag_seconds=3600)


def thing(n, **cells):
    stamp = f"2026-01-0{n}T00:00:00.000Z"
    plain = {"Id": f"a{n}", "Name": f"thing {n}", "IsDeleted": "false", "SystemModstamp": stamp, "Nickname__c": ""}
    return plain | cells


RECORDS = [
    thing(1, Name="it's \"näive\",\nisn't it"),
    thing(2, Name=""),
    thing(3, IsDeleted="true"),
    thing(4, Nickname__c="four"),
]


@pytest.fixture(scope="module")
def salesforce():
    stand_in = SalesforceStandIn(page=3)
    stand_in.start()
    yield stand_in
    stand_in.stop()


@pytest.fixture
def read(session, job, account, salesforce, table_of):
    """Read the things from a position on, with a connection that may be changed."""

    def read_things(position=None, columns=COLUMNS, window=None, **changes):
        salesforce.hold({"Thing": RECORDS})
        salesforce.faults.clear()
        secrets = boto3.client("secretsmanager", endpoint_url=account)
        secrets.create_secret(Name="lakewright/local/salesforce", SecretString=json.dumps(salesforce.secret | changes))
        asked = job.model_copy(update={"window": window})
        return read_salesforce(session, table_of(columns, THINGS), asked, position)

    return read_things


def test_records_come_as_text_with_what_the_contract_does_not_know(read, staged, salesforce):
    before = len(salesforce.requests)
    reading = read()
    found, fetched = staged(reading)
    rows = sorted(tuple(row) for row in found.collect())
    [job] = list(salesforce.jobs)[-1:]
    assert [
        ("a1", 'it\'s "näive",\nisn\'t it', "false", "2026-01-01T00:00:00.000Z", f"Thing/{job}/1#2", None, None, []),
        ("a2", None, "false", "2026-01-02T00:00:00.000Z", f"Thing/{job}/1#4", None, None, []),
        ("a3", "thing 3", "true", "2026-01-03T00:00:00.000Z", f"Thing/{job}/1#5", None, None, []),
        (
            "a4", "thing 4", "false", "2026-01-04T00:00:00.000Z", f"Thing/{job}/2#2",
            '{"Nickname__c": "four"}', None, [],
        ),
    ] == rows  # fmt: skip
    assert reading.position is None
    sent = [written(list(RECORDS[0]), page) for page in (RECORDS[:3], RECORDS[3:])]
    asked = len(salesforce.requests) - before
    assert ReadCost(requests=asked, bytes=len(b"".join(sent))) == fetched


def test_only_the_window_is_asked_for(read, staged, salesforce):
    reading = read({"cursor": "2026-01-03T00:30:00.000Z"})
    before = len(salesforce.queries)
    assert {"a3", "a4"} == {row[0] for row in staged(reading)[0].collect()}
    [query] = salesforce.queries[before:]
    assert (
        "SELECT Id, Name, IsDeleted, SystemModstamp, Nickname__c FROM Thing "
        "WHERE systemmodstamp >= 2026-01-02T23:30:00Z"
    ) == query


def test_a_backfill_is_given_its_window(read, staged):
    reading = read({"cursor": "2026-01-04"}, window=Window(since="2026-01-02", until="2026-01-04"))
    assert {"a2", "a3"} == {row[0] for row in staged(reading)[0].collect()}


def test_a_window_without_records_gives_none(read, staged, salesforce):
    reading = read({"cursor": "2026-02-01T00:00:00Z"})
    before = len(salesforce.requests)
    found, fetched = staged(reading)
    assert [] == found.collect()
    assert ReadCost(requests=len(salesforce.requests) - before, bytes=0) == fetched


def test_an_org_that_stays_in_trouble_is_unavailable_and_named(read, failure, salesforce):
    reading = read({"cursor": "2026-01-03T00:30:00.000Z"})
    salesforce.faults.append(Fault("/results", times=100, status=503))
    error = failure(reading)
    salesforce.faults.clear()
    assert SourceUnavailableError is type(error)
    for fact in ("bronze.crm__things", "salesforce", "Thing", "2026-01-02T23:30:00Z", "503"):
        assert fact in str(error)


def test_a_field_that_was_renamed_is_refused(read, failure):
    reading = read(columns=COLUMNS | {"nick": "string"})
    error = failure(reading)
    assert (SchemaDriftError, True) == (type(error), "nick; given: beside the contract's Nickname__c" in str(error))


def test_a_refused_login_tells_nothing_and_nothing_that_workers_are_sent_does(read, failure, capfd):
    reading = read(client_secret="canary-secret")
    error = failure(reading)
    assert (TerminalError, True) == (type(error), "the login was refused" in str(error))
    sent = cloudpickle.dumps(reading.rows.read).decode("latin-1")
    assert "canary" not in sent + "".join(traceback.format_exception(error)) + "".join(capfd.readouterr())


@pytest.mark.examples
def test_what_is_generated_comes_in_whole(session, staged, job, account):
    records = generated_records(Copying(scale=2, seed=1, day=2))["Contact"]
    table = load_catalog().table("bronze.salesforce__contacts")
    stand_in = SalesforceStandIn(page=500)
    stand_in.start()
    try:
        stand_in.hold({"Contact": records})
        secrets = boto3.client("secretsmanager", endpoint_url=account)
        secrets.create_secret(Name="lakewright/local/salesforce", SecretString=json.dumps(stand_in.secret))
        found, _ = staged(read_salesforce(session, table, job, None))
        rows = found.select(*table.column_names, "_reasons").collect()
    finally:
        stand_in.stop()
    held = [{name.lower(): cell or None for name, cell in record.items()} for record in records]
    expected = [(*(record.get(name) for name in table.column_names), []) for record in held]
    assert sorted(expected, key=str) == sorted((tuple(row) for row in rows), key=str)


def test_salesforce_has_its_reader():
    assert read_salesforce is READERS["salesforce"]
