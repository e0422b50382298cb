"""All rows of a snapshot have keys made with one version of the key for personal values, whole or not."""

import hmac
import json

import boto3
import pytest

from shared.jobs import Status, Step
from shared.names import pii_key_secret
from tests.support.small_lake import ENV, PII_KEY

pytestmark = pytest.mark.extra

STEPS = (Step.INGEST, Step.REFINE)
LANDED, TABLE, HEADER = "bronze.shop__stock", "silver.stock", "product,pieces"
KEYS = json.loads(PII_KEY) | {"current": "k2", "k2": "the key after that"}
HASHED = "classification: restricted\n        customProperties: [{property: treatment, value: hmac}]\n"


def hashed(product, version):
    return f"{version}:{hmac.digest(KEYS[version].encode(), product.encode(), 'sha256').hex()}"


def land(lake, run, *lines):
    lake.land(LANDED, HEADER, *lines)
    return lake.run(run, STEPS).outcomes[TABLE]


def test_after_a_rotation_a_snapshot_that_is_not_whole_is_refused_and_the_next_whole_one_is_not(small_lake):
    lake = small_lake
    lake.only(LANDED, TABLE)
    lake.amend(LANDED, "{name: product, ", "{name: product, classification: restricted, ")
    lake.amend(TABLE, "        primaryKey: true\n", f"        primaryKey: true\n        {HASHED}")
    land(lake, "r1", "a,1", "b,2")
    before = sorted([(hashed("a", "k1"), 1), (hashed("b", "k1"), 2)])
    assert before == lake.rows(TABLE)

    boto3.client("secretsmanager").put_secret_value(SecretId=pii_key_secret(ENV), SecretString=json.dumps(KEYS))
    failure = land(lake, "r2", "a,3", "b,4,9").failure
    assert "given: version k2 after k1; expected: all rows of the table under one version of the key" in failure.message
    assert before == lake.rows(TABLE)

    assert Status.SUCCEEDED is land(lake, "r3", "a,5", "c,6").status
    after = sorted([(hashed("a", "k2"), 5), (hashed("c", "k2"), 6)])
    assert after == lake.rows(TABLE)
