"""What the role of each step may and may not do; tests/jobs/test_on_s3a.py shows that it is enough."""

import json
import re
from itertools import product
from pathlib import Path

import pytest

from shared.contracts import Catalog, Disposition, Kind, Table, load_catalog
from shared.jobs import Step
from shared.names import TableName, pii_key_secret, quarantine_location, source_secret, table_location
from shared.serving import Target, publication_lease
from shared.smoke import LEASED
from shared.step_rights import rights_of
from shared.vault import vault_location
from tests.support.policies import BUCKETS, function_role, resolved, step_roles

LAKE, PII, LANDING = (f"arn:aws:s3:::{name.lower()}" for name in BUCKETS[:3])
FILE = "part-0.parquet"
PERSONAL = [t for t in load_catalog().tables.values() if t.is_personal]
VAULT = f"{vault_location(PII, TableName.parse('silver.contacts'))}/{FILE}"
ORDERS = f"{table_location(LAKE, TableName.parse('silver.orders'))}/{FILE}"
CODE = "arn:aws:s3:::cdk-hnb659fds-assets-123456789012-us-east-1/lakewright/jobs.zip"
GOLD = f"{LAKE}/gold/x/{FILE}"
WRITING = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
# Source: IAM user guide, "IAM and AWS STS quotas": the inline policies of a role together.
POLICY_CHARACTERS = 10_240
SECRETS = ("Kafka", "PiiKey", "Salesforce", "Snowflake")
PUBLISHING = {"SnowflakeMarts": "snowflake_marts"}


@pytest.fixture(scope="module")
def roles(clouds):
    return step_roles(clouds["prod"])


def those_that_may(roles, action, resource, context=None):
    return {step for step, role in roles.items() if role.may(action, resource, context)}


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("action", WRITING)
def test_no_job_can_write_code_or_what_has_landed(roles, step, action):
    assert roles[step].may("s3:GetObject", CODE)
    assert not roles[step].may(action, CODE)
    assert not roles[step].may(action, f"{LANDING}/crm/contacts.csv")


@pytest.mark.parametrize("table", PERSONAL, ids=lambda t: t.name.table)
def test_personal_rows_are_read_by_their_step_the_next_one_and_steps_that_contracts_allow(roles, table):
    readers = {Step.INGEST, Step.REFINE, Step.RECONCILE, Step.MAINTAIN, Step.ERASE}
    if any(t.kind is Kind.BUILT and table.name in t.inputs for t in load_catalog().tables.values()):
        readers |= {Step.BUILD}

    assert readers == those_that_may(roles, "s3:GetObject", f"{table_location(PII, table.name)}/{FILE}")
    assert {Step.INGEST, Step.MAINTAIN, Step.ERASE} == those_that_may(
        roles, "s3:PutObject", f"{table_location(PII, table.name)}/{FILE}"
    )
    held = f"{quarantine_location(PII, table.name)}/{FILE}"
    assert {Step.INGEST, Step.RECONCILE, Step.MAINTAIN, Step.ERASE} == those_that_may(roles, "s3:GetObject", held)


@pytest.mark.examples
@pytest.mark.parametrize(
    "key, readers, writers",
    [
        pytest.param(
            VAULT, {Step.REFINE, Step.MAINTAIN, Step.ERASE}, {Step.REFINE, Step.MAINTAIN, Step.ERASE}, id="a vault"
        ),
        pytest.param(f"{PII}/silver/x/{FILE}", set(), set(), id="silver, which has nothing personal"),
        pytest.param(f"{PII}/staging/r/bronze.x/1/{FILE}", {Step.INGEST, Step.ERASE}, {Step.INGEST}, id="staged"),
        pytest.param(f"{PII}/staging/smoke/r.txt", {Step.INGEST, Step.ERASE, Step.SMOKE}, None, id="tried"),
        pytest.param(f"{PII}/erasures/requests/r.json", {Step.ERASE}, {Step.ERASE}, id="whom to erase"),
        pytest.param(
            f"{PII}/erasures/suppressed/x.json",
            {Step.INGEST, Step.RECONCILE, Step.ERASE},
            {Step.ERASE},
            id="the erased",
        ),
        pytest.param(
            ORDERS,
            {Step.REFINE, Step.BUILD, Step.RECONCILE, Step.MAINTAIN, Step.ERASE},
            {Step.REFINE, Step.BUILD, Step.MAINTAIN, Step.ERASE},
            id="silver",
        ),
        pytest.param(
            f"{LAKE}/gold/x/{FILE}",
            {Step.BUILD, Step.PUBLISH, Step.MAINTAIN, Step.ERASE},
            {Step.BUILD, Step.MAINTAIN, Step.ERASE},
            id="gold",
        ),
        pytest.param(f"{LANDING}/ecb/rates.zip", {Step.INGEST}, {Step.INGEST}, id="a file that is fetched and kept"),
        pytest.param(f"{LANDING}/crm/contacts.csv", {Step.INGEST}, set(), id="a file that has landed"),
        pytest.param(
            f"{LAKE}/runs/r/run.json",
            {Step.REFINE, Step.BUILD, Step.PUBLISH, Step.RECONCILE, Step.RECORD, Step.MAINTAIN, Step.ERASE},
            {Step.RECORD},
            id="a page of the ledger",
        ),
    ],
)
def test_folder_is_for_some_steps_and_closed_to_all_others(roles, key, readers, writers):
    assert readers == those_that_may(roles, "s3:GetObject", key)
    assert writers is None or writers == those_that_may(roles, "s3:PutObject", key)


@pytest.mark.parametrize("step", Step)
def test_each_step_writes_only_its_own_outcomes(roles, step):
    places = {other: f"{LAKE}/runs/r/{other}/a.outcomes.json" for other in (Step.INGEST, Step.REFINE, Step.BUILD)}

    assert {s for s in places if s is step} == {s for s, p in places.items() if roles[step].may("s3:PutObject", p)}


LEASES = ("dynamodb:UpdateItem", "Storage/Leases")
KEY = "dynamodb:LeadingKeys"


@pytest.mark.examples
@pytest.mark.parametrize(
    "name, takers",
    [
        pytest.param("bronze.crm__contacts", {Step.INGEST, Step.MAINTAIN, Step.ERASE}, id="landed"),
        pytest.param("silver.orders", {Step.REFINE, Step.BUILD, Step.MAINTAIN, Step.ERASE}, id="silver"),
        pytest.param("gold.sales_fact", {Step.BUILD, Step.MAINTAIN, Step.ERASE}, id="gold"),
        *[
            pytest.param(
                publication_lease("gold.x", target),
                {Step.BUILD, Step.PUBLISH, Step.MAINTAIN, Step.ERASE},
                id=target.value,
            )
            for target in Target
        ],
        pytest.param(
            publication_lease("silver.x", Target.API),
            {Step.REFINE, Step.BUILD, Step.PUBLISH, Step.MAINTAIN, Step.ERASE},
            id="of a layer that is served no more",
        ),
        pytest.param(LEASED, {Step.SMOKE}, id="no table"),
        pytest.param("bronze", set(), id="a layer"),
    ],
)
def test_lease_is_taken_by_the_steps_that_write_the_table(roles, name, takers):
    assert takers == those_that_may(roles, *LEASES, {KEY: [name]})


@pytest.mark.parametrize("keys", [{}, {KEY: ["silver.orders", LEASED]}], ids=["no key", "a key more"])
def test_lease_is_taken_by_its_key_alone(roles, keys):
    assert set() == those_that_may(roles, *LEASES, keys)


def test_record_reads_logs_and_no_rows(roles):
    for root, table in product((LAKE, PII), ("bronze.crm__contacts", "silver.orders", "gold.date_dim")):
        place = table_location(root, TableName.parse(table))

        assert not roles[Step.RECORD].may("s3:GetObject", f"{place}/{FILE}")
        assert (root == LAKE or "bronze" in table) is roles[Step.RECORD].may(
            "s3:GetObject", f"{place}/_delta_log/00000000000000000000.json"
        )


@pytest.mark.examples
def test_secrets_are_for_ingest_those_of_queried_sources_for_reconcile_and_the_key_for_steps_that_hash(clouds, roles):
    names = {source_secret("prod", s.lower()) for s in SECRETS if s != "PiiKey"} | {pii_key_secret("prod")}
    names |= {source_secret("prod", connection) for connection in PUBLISHING.values()}
    readers = {s: those_that_may(roles, "secretsmanager:GetSecretValue", f"Secrets/{s}") for s in SECRETS}

    assert names == {s["Name"] for s in clouds["prod"].properties("AWS::SecretsManager::Secret")}
    assert {Step.INGEST, Step.REFINE, Step.ERASE, Step.SMOKE} == readers.pop("PiiKey")
    assert {Step.INGEST} == readers.pop("Kafka")
    assert [{Step.INGEST, Step.RECONCILE}] * 2 == list(readers.values())


@pytest.mark.examples
def test_connections_for_publishing_are_for_the_steps_publish_and_erase(roles):
    for secret in PUBLISHING:
        readers = those_that_may(roles, "secretsmanager:GetSecretValue", f"Secrets/{secret}")
        assert {Step.PUBLISH, Step.ERASE} == readers


@pytest.mark.examples
def test_a_step_that_writes_no_personal_data_cannot_encrypt_with_its_key(roles):
    readers = set(Step) - {Step.PUBLISH}
    assert readers - {Step.BUILD, Step.RECONCILE, Step.RECORD} == those_that_may(
        roles, "kms:GenerateDataKey", "Storage/PiiKey"
    )
    assert readers == those_that_may(roles, "kms:Decrypt", "Storage/PiiKey")


def test_served_rows_are_written_by_the_steps_publish_and_erase(roles):
    for action in ("GetItem", "PutItem", "DeleteItem", "ConditionCheckItem", "Scan"):
        assert {Step.PUBLISH, Step.ERASE} == those_that_may(roles, f"dynamodb:{action}", "Storage/Served")


@pytest.mark.examples
def test_a_reader_of_a_place_learns_what_does_not_exist(roles):
    """S3 says that a key does not exist only to who may list without a prefix; to others, that it is forbidden."""
    for step, role in roles.items():
        assert role.may("s3:ListBucket", LAKE), step
        assert role.may("s3:ListBucket", PII) is (step is not Step.PUBLISH), step


@pytest.mark.parametrize("name", ["OnStepsFinished", "FreshnessOnWatchDue"])
def test_functions_that_read_the_ledger_learn_which_page_is_missing(clouds, name):
    role = function_role(clouds["prod"], name)

    assert role.may("s3:ListBucket", LAKE)
    assert role.may("s3:GetObject", f"{LAKE}/runs/r/run.json")
    assert not role.may("s3:GetObject", GOLD)
    assert not any(role.may("s3:ListBucket", place) for place in (PII, LANDING))


@pytest.mark.parametrize("step", Step)
def test_policy_fits_iam_with_the_longest_names_of_buckets(roles, step):
    statements = [
        {
            **s,
            "Resource": [resolved(r) for r in (s["Resource"] if isinstance(s["Resource"], list) else [s["Resource"]])],
        }
        for s in roles[step].statements
    ]
    text = re.sub(r"arn:aws:s3:::(lake|pii|landing|logs)\b", "arn:aws:s3:::" + "b" * 63, json.dumps(statements))

    assert POLICY_CHARACTERS > len(text)


def _table(name, kind, *inputs):
    return Table(
        name=TableName.parse(name),
        kind=kind,
        version="1.0.0",
        description="",
        grain="",
        columns=(),
        primary_key=("k",),
        disposition=Disposition.REFRESH,
        inputs=tuple(map(TableName.parse, inputs)),
        file=Path("made_up.odcs.yaml"),
    )


def test_rights_follow_the_contracts():
    """Without personal inputs, build does not enter their place; a refined table in gold is written by refine."""
    tables = [
        _table("bronze.a", Kind.INGESTED),
        _table("gold.b", Kind.REFINED, "bronze.a"),
        _table("silver.c", Kind.BUILT, "gold.b"),
    ]
    catalog = Catalog({str(t.name): t for t in tables})
    refine, build = rights_of(Step.REFINE, catalog), rights_of(Step.BUILD, catalog)

    assert not build.meets_personal
    assert ("gold/*", "runs/*") == build.reads
    assert ("silver/*", "runs/*/build/*") == build.writes
    assert ("gold/*", "quarantine/gold/*", "tombstones/gold/*", "events/gold/*", "runs/*/refine/*") == refine.writes
    assert ("vault/gold/*",) == refine.personal_writes
    assert (("gold.*",), ("silver.*",)) == (refine.leases, build.leases)
