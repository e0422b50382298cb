import json

import pytest

from scripts.local.clients import client
from scripts.local.cloudformation.engine import physical_name
from shared.errors import TerminalError

BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"VersioningConfiguration": {"Status": "Enabled"}}}
TABLE = {"DatabaseName": "silver", "CatalogId": "1", "TableInput": {"Name": "orders"}}


@pytest.fixture
def deploy(account, write_assembly):
    """Deploy a stack of these resources, and delete it afterwards."""

    def make(resources, assets=None, **sections):
        template = {"Resources": resources, **sections}
        return account.deploy(write_assembly(template, assets), "lake")

    yield make
    client("cloudformation").delete_stack(StackName="lake")


def test_outputs_refer_to_what_was_made(deploy):
    arn = {"Value": {"Fn::GetAtt": ["Lake", "Arn"]}}

    outputs = deploy({"Lake": BUCKET}, Outputs={"Name": {"Value": {"Ref": "Lake"}}, "Arn": arn})

    assert f"arn:aws:s3:::{outputs['Name']}" == outputs["Arn"]
    assert "Enabled" == client("s3").get_bucket_versioning(Bucket=outputs["Name"])["Status"]


@pytest.mark.parametrize(
    "resource, message",
    [
        pytest.param(
            {"Type": "AWS::Glue::Crawler", "Properties": {}},
            r"stack lake: Odd \(AWS::Glue::Crawler\): the local account does not know this type",
            id="unknown type",
        ),
        pytest.param(
            {"Type": "Custom::S3AutoDeleteObjects", "Properties": {"ServiceToken": "arn"}},
            r"Odd \(Custom::S3AutoDeleteObjects\): the local account does not know this type",
            id="custom resource",
        ),
        pytest.param(
            {"Type": "AWS::S3::Bucket", "Properties": {"BucketNmae": "x"}},
            r"Odd \(AWS::S3::Bucket\): the local account does not know the property BucketNmae; given: BucketNmae; "
            r"expected: one of .*BucketName.*; to fix: ",
            id="unknown property",
        ),
        pytest.param(
            {"Type": "AWS::Glue::Database", "Properties": {"CatalogId": "1", "DatabaseInput": {"Nmae": "x"}}},
            r"Odd \(AWS::Glue::Database\): DatabaseInput.Nmae is not a property of it; .*expected: one of .*Name",
            id="unknown property further down",
        ),
        pytest.param(
            {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/x", "TargetKeyId": "nothing"}},
            r"Odd \(AWS::KMS::Alias\): kms refused create_alias; given: .*alias/x.*; expected: .*NotFoundException",
            id="the service refuses",
        ),
        pytest.param(
            {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::GetAtt": ["Other", "Owner"]}}},
            r"Other \(AWS::SNS::Topic\): Fn::GetAtt asks for Owner; given: Owner; expected: one of TopicArn, TopicName",
            id="unknown attribute",
        ),
    ],
)
def test_what_cannot_be_followed_to_the_letter_is_an_error(deploy, resource, message):
    with pytest.raises(TerminalError, match=message):
        deploy({"Odd": resource, "Other": {"Type": "AWS::SNS::Topic"}})


def test_nothing_is_made_of_a_template_with_an_unknown_type(deploy):
    before = client("s3").list_buckets()["Buckets"]

    with pytest.raises(TerminalError):
        deploy({"Lake": BUCKET, "Odd": {"Type": "AWS::Glue::Crawler"}})

    assets = {"local-templates"} | {bucket["Name"] for bucket in before}
    assert assets == {bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]}


def test_a_condition_leaves_a_resource_out(deploy):
    conditions = {"Never": {"Fn::Equals": ["a", "b"]}}

    outputs = deploy(
        {"Lake": BUCKET, "Other": {**BUCKET, "Condition": "Never"}},
        Conditions=conditions,
        Outputs={"Name": {"Value": {"Ref": "Lake"}}, "Other": {"Condition": "Never", "Value": {"Ref": "Other"}}},
    )

    assert ["Name"] == list(outputs)


def test_a_property_without_a_value_is_left_out(deploy):
    properties = {"DisplayName": {"Ref": "AWS::NoValue"}, "Subscription": [{"Ref": "AWS::NoValue"}]}

    topic = deploy(
        {"Topic": {"Type": "AWS::SNS::Topic", "Properties": properties}}, Outputs={"Arn": {"Value": {"Ref": "Topic"}}}
    )["Arn"]

    assert [] == client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]


def test_dependencies_are_made_first_whatever_their_order(deploy):
    table = {"Type": "AWS::Glue::Table", "Properties": TABLE, "DependsOn": ["Silver"]}
    database = {"CatalogId": "1", "DatabaseInput": {"Name": "silver"}}

    deploy({"Orders": table, "Silver": {"Type": "AWS::Glue::Database", "Properties": database}})

    assert "orders" == client("glue").get_table(DatabaseName="silver", Name="orders")["Table"]["Name"]


def test_what_the_service_made_otherwise_is_an_error(deploy, monkeypatch):
    from scripts.local.cloudformation.resources.s3 import Bucket

    monkeypatch.setattr(Bucket, "read", lambda *_: {"VersioningConfiguration": {"Status": "Suspended"}})

    with pytest.raises(TerminalError, match=r"VersioningConfiguration\.Status was not made as the template says"):
        deploy({"Lake": BUCKET})


def test_a_template_in_yaml_is_read_too(account):
    text = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\nOutputs:\n  Arn:\n    Value: !Ref Topic\n"

    client("cloudformation").create_stack(StackName="yaml", TemplateBody=text)

    (stack,) = client("cloudformation").describe_stacks(StackName="yaml")["Stacks"]
    assert stack["Outputs"][0]["OutputValue"].startswith("arn:aws:sns:")
    client("cloudformation").delete_stack(StackName="yaml")


def test_a_change_set_makes_a_stack_with_outputs_and_then_changes_it(account):
    service = client("cloudformation")
    first = {
        "Resources": {
            "Orders": {"Type": "AWS::Glue::Table", "Properties": TABLE, "DependsOn": "Silver"},
            "Silver": {
                "Type": "AWS::Glue::Database",
                "Properties": {"CatalogId": "1", "DatabaseInput": {"Name": "silver"}},
            },
        },
        "Outputs": {"Database": {"Value": {"Ref": "Silver"}, "Export": {"Name": "database"}}},
    }
    second = json.loads(json.dumps(first))
    second["Resources"]["Orders"]["Properties"]["TableInput"]["Description"] = "one row an order"

    for kind, template in (("CREATE", first), ("UPDATE", second)):
        service.create_change_set(
            StackName="changed", ChangeSetName=f"c-{kind}", ChangeSetType=kind, TemplateBody=json.dumps(template)
        )
        service.execute_change_set(StackName="changed", ChangeSetName=f"c-{kind}")

    (stack,) = service.describe_stacks(StackName="changed")["Stacks"]
    assert ["silver"] == [output["OutputValue"] for output in stack["Outputs"]]
    assert ["database"] == [export["Name"] for export in service.list_exports()["Exports"]]
    table = client("glue").get_table(DatabaseName="silver", Name="orders")["Table"]
    assert "one row an order" == table["Description"]
    service.delete_stack(StackName="changed")


def test_termination_protection_can_be_set_afterwards(account):
    service = client("cloudformation")
    service.create_stack(StackName="kept", TemplateBody=json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}))

    service.update_termination_protection(StackName="kept", EnableTerminationProtection=True)

    assert service.describe_stacks(StackName="kept")["Stacks"][0]["EnableTerminationProtection"]


@pytest.mark.parametrize(
    "kind, limit",
    [
        pytest.param("AWS::S3::Bucket", 63, id="bucket"),
        pytest.param("AWS::IAM::Role", 64, id="role"),
        pytest.param("AWS::SNS::Topic", 128, id="no limit near"),
    ],
)
def test_a_generated_name_fits_its_type_and_keeps_the_logical_id(kind, limit):
    name = physical_name(
        kind, "lakewright-prod-ComputeNestedStackComputeNestedStackResource1A2B3C4D", "JobRole5E6F7A8B"
    )

    assert len(name) <= limit
    assert "jobrole5e6f7a8b" in name.lower()


def test_what_is_to_be_retained_stays_when_its_stack_goes(account):
    service, template = client("cloudformation"), {"Resources": {"Lake": {**BUCKET, "DeletionPolicy": "Retain"}}}
    service.create_stack(StackName="gone", TemplateBody=json.dumps(template))
    (bucket,) = service.describe_stack_resources(StackName="gone")["StackResources"]

    service.delete_stack(StackName="gone")

    assert bucket["PhysicalResourceId"] in {found["Name"] for found in client("s3").list_buckets()["Buckets"]}


def test_a_stack_made_by_a_change_set_imports_what_another_exports(account):
    service = client("cloudformation")
    topic = {"Type": "AWS::SNS::Topic"}
    giver = {"Resources": {"T": topic}, "Outputs": {"Arn": {"Value": {"Ref": "T"}, "Export": {"Name": "topic"}}}}
    value = {"Type": "String", "Name": "/imported", "Value": {"Fn::ImportValue": "topic"}}
    taker = {"Resources": {"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": value}}}

    for name, template in (("giver", giver), ("taker", taker)):
        text = json.dumps(template)
        service.create_change_set(StackName=name, ChangeSetName=name, ChangeSetType="CREATE", TemplateBody=text)
        service.execute_change_set(StackName=name, ChangeSetName=name)

    imported = client("ssm").get_parameter(Name="/imported")["Parameter"]["Value"]
    assert imported.startswith("arn:aws:sns:us-east-1:123456789012:giver-T-")
