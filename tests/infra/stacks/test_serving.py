"""Who may request which rows by the templates, compared with the contracts, and what the API itself may do."""

import json
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest

from lambdas.on_row_requested.handler import Variables
from shared.config import load_environment
from shared.contracts import Catalog, load_catalog
from shared.governance.environments import governance_of
from shared.names import Names
from shared.serving import ServedPath
from tests.infra.test_lakewright_stack import plain
from tests.infra.test_partitions import pseudo, resolved
from tests.infra.test_rights import actions_of, policy_of, statements
from tests.support.cloud import synthesize

PROD = load_environment("prod")
ASKING = "execute-api:Invoke"
# Another table with other readers, whose key has two parts.
PRODUCTS = ServedPath("products", ("product_id", "colour"))


def two_tables():
    known = load_catalog()
    products = replace(known.table("gold.product_dim"), served_at=PRODUCTS)
    return Catalog({**known.tables, "gold.product_dim": products})


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Prod, once another table is served."""
    return synthesize("prod", tmp_path_factory.mktemp("served") / "out", catalog=two_tables(), nag=True)


def asking(cloud):
    """The patterns of requests that each role may make."""
    found = {}
    for name, policy in cloud.of_type("AWS::IAM::Policy").items():
        for statement in statements(policy["Properties"]["PolicyDocument"]):
            if ASKING in actions_of(statement):
                assert ("Serving", [ASKING], "Allow") == (
                    name.partition("/")[0],
                    actions_of(statement),
                    statement["Effect"],
                )
                for ref in policy["Properties"]["Roles"]:
                    role = cloud.of_type("AWS::IAM::Role")[cloud.origin("Serving", ref["Ref"])]["Properties"][
                        "RoleName"
                    ]
                    found.setdefault(role, []).append(resolved(statement["Resource"], pseudo("aws")))
    return found


def requested(cloud, method, path, stage="$default"):
    """The ARN of a request that IAM authorizes."""
    [api] = [name.partition("/")[2] for name in cloud.of_type("AWS::ApiGatewayV2::Api")]
    return f"arn:aws:execute-api:eu-west-1:123456789012:<{api}>/{stage}/{method}{path}"


def may(cloud, role, request):
    return any(fnmatchcase(request, pattern) for pattern in asking(cloud).get(role, []))


PATHS = {"gold.customer_360": "/customers/29485", "gold.product_dim": "/products/776/Black"}


@pytest.mark.parametrize("role", sorted(governance_of(PROD).roles))
def test_a_role_may_request_the_rows_of_the_tables_it_reads_and_no_others(both, role):
    readers = {str(table.name): {reader.role for reader in table.readers} for table in two_tables().served}
    name = Names(PROD).reader_role(role)

    assert set(PATHS) == set(readers)
    assert {table: role in of for table, of in readers.items()} == {
        table: may(both, name, requested(both, "GET", path)) for table, path in PATHS.items()
    }


def test_nobody_else_may_request_rows(both):
    readers = {Names(PROD).reader_role(r.role) for table in two_tables().served for r in table.readers}

    assert readers
    assert readers == set(asking(both))


@pytest.mark.parametrize(
    "method, path, stage",
    [
        pytest.param("POST", "/customers/29485", "$default", id="another method"),
        pytest.param("GET", "/customers", "$default", id="the collection"),
        pytest.param("GET", "/products/GET/customers/1", "$default", id="another collection with such a key"),
        pytest.param("GET", "/customers/29485", "other", id="another stage"),
        pytest.param("GET", "/gold.customer_360", "$default", id="what the publisher keeps"),
    ],
)
def test_what_a_reader_of_customers_may_not_request(both, method, path, stage):
    sales = Names(PROD).reader_role("sales")

    assert may(both, sales, requested(both, "GET", PATHS["gold.customer_360"]))
    assert not may(both, sales, requested(both, method, path, stage))


def test_another_served_table_adds_and_changes_nothing(prod, both):
    before, after = prod.templates["Serving"], both.templates["Serving"]
    added = set(after["Resources"]) - set(before["Resources"])

    assert ["AWS::IAM::Policy"] == [after["Resources"][name]["Type"] for name in added]
    assert before["Resources"] == {name: after["Resources"][name] for name in before["Resources"]}
    assert set(before["Parameters"]) < set(after["Parameters"])
    changed = {name for name in prod.templates if plain(prod.templates[name]) != plain(both.templates[name])}
    # The roles of its readers are passed to the stack of the API.
    assert {"", "Governance", "Serving"} == changed
    assert plain(prod.templates["Governance"]["Resources"]) == plain(both.templates["Governance"]["Resources"])


def test_every_request_is_signed_and_is_a_get(cloud):
    [route] = cloud.properties("AWS::ApiGatewayV2::Route")

    assert ("GET /{proxy+}", "AWS_IAM") == (route["RouteKey"], route["AuthorizationType"])


def test_the_function_reads_single_items_of_the_served_rows_and_nothing_else(cloud):
    held = {action: s["Resource"] for s in policy_of(cloud, "Serving/OnRowRequestedRole") for action in actions_of(s)}
    writes_of_its_own = {
        *("logs:CreateLogStream", "logs:PutLogEvents"),
        *("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
    }

    assert {"dynamodb:GetItem", *writes_of_its_own} == set(held)
    assert "StorageServed" in held["dynamodb:GetItem"]["Ref"]


def test_the_function_has_the_name_of_the_table(cloud):
    [function] = [
        resource["Properties"]
        for name, resource in cloud.of_type("AWS::Lambda::Function").items()
        if name.startswith("Serving/")
    ]
    variables = {field.alias for field in Variables.model_fields.values()}

    assert variables <= set(function["Environment"]["Variables"])


def test_requests_are_limited_and_logged_without_their_path(cloud):
    [stage] = cloud.properties("AWS::ApiGatewayV2::Stage")
    limits, logged = stage["DefaultRouteSettings"], json.loads(stage["AccessLogSettings"]["Format"])

    assert (True, "$default") == (stage["AutoDeploy"], stage["StageName"])
    assert 0 < limits["ThrottlingRateLimit"] <= limits["ThrottlingBurstLimit"]
    assert {"$context.requestId", "$context.identity.userArn", "$context.status"} <= set(logged.values())
    assert [] == [value for value in logged.values() if "path" in value.lower() or "Ip" in value]


def test_an_alarm_watches_for_requests_that_failed(prod):
    [alarm] = [a for a in prod.properties("AWS::CloudWatch::Alarm") if a.get("Namespace") == "AWS/ApiGateway"]
    [dimension] = alarm["Dimensions"]

    assert ("5xx", "ApiId", 1) == (alarm["MetricName"], dimension["Name"], alarm["Threshold"])
    assert "ServingApi" in dimension["Value"]["Ref"]


def test_the_address_of_the_api_is_an_output(cloud):
    assert "ApiEndpoint" in cloud.templates[""]["Outputs"]["ApiUrl"]["Value"]["Fn::GetAtt"][1]


def test_without_readers_of_the_lake_nobody_may_request_rows(clouds):
    assert {} == asking(clouds["local"])
