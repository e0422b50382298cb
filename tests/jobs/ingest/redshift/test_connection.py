"""The parameter of a Redshift source names a cluster or a workgroup as the Data API wants it."""

import json

import boto3
import pytest

from jobs.ingest.redshift.connection import RedshiftConnection, read_connection
from shared.errors import TerminalError

NAME = "/lakewright/local/sources/redshift"
ROLE = "arn:aws:iam::123456789012:role/unload"
WORKGROUP = "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/5a0b0c0d-1111-2222-3333-444455556666"


@pytest.mark.parametrize(
    "warehouse, target",
    [
        ("arn:aws:redshift:eu-west-1:123456789012:cluster:my-dwh", {"ClusterIdentifier": "my-dwh"}),
        (WORKGROUP, {"WorkgroupName": WORKGROUP}),
    ],
)
def test_a_warehouse_is_named_as_the_data_api_wants(warehouse, target):
    assert target == RedshiftConnection(warehouse=warehouse, unload_role=ROLE).target


@pytest.mark.parametrize(
    "value, words",
    [
        pytest.param(None, "has no parameter; given: /lakewright/local/sources/redshift", id="missing"),
        pytest.param("arn:aws:redshift:x", "is not a Redshift source; given: text: json_invalid", id="no JSON"),
        pytest.param({"warehouse": "w"}, "given: unload_role: missing", id="no role"),
        pytest.param({"warehouse": "my-dwh", "unload_role": ROLE}, "names no Redshift; given: my-dwh", id="no ARN"),
    ],
)
def test_a_parameter_of_another_form_is_refused(account, value, words):
    if value is not None:
        text = value if isinstance(value, str) else json.dumps(value)
        boto3.client("ssm", endpoint_url=account).put_parameter(Name=NAME, Value=text, Type="String")
    with pytest.raises(TerminalError, match=words):
        read_connection(NAME)
