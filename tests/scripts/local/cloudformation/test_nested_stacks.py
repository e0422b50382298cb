import json

import pytest

from scripts.local.clients import client
from shared.errors import TerminalError

URL = "https://s3.us-east-1.amazonaws.com/assets/storage.json"
STORAGE = {
    "Parameters": {"Shown": {"Type": "String"}},
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Shown"}}}},
    "Outputs": {"TopicArn": {"Value": {"Ref": "Topic"}}},
}
STACK = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": URL, "Parameters": {"Shown": "Lake"}}}
PARAMETER = {"Type": "String", "Value": {"Fn::GetAtt": ["Storage", "Outputs.TopicArn"]}}


@pytest.fixture
def deploy(account, write_assembly):
    def make(nested, uploaded_as="storage.json", **outputs):
        resources = {"Storage": STACK, "Known": {"Type": "AWS::SSM::Parameter", "Properties": PARAMETER}}
        template = {"Resources": resources, "Outputs": outputs}
        return account.deploy(write_assembly(template, {uploaded_as: json.dumps(nested)}), "lake")

    yield make
    client("cloudformation").delete_stack(StackName="lake")


def test_a_parent_reads_the_outputs_of_its_nested_stack(deploy):
    value = {"Fn::GetAtt": ["Storage", "Outputs.TopicArn"]}

    outputs = deploy(STORAGE, Topic={"Value": value}, Known={"Value": {"Fn::GetAtt": ["Known", "Value"]}})

    assert outputs["Topic"] == outputs["Known"]
    attributes = client("sns").get_topic_attributes(TopicArn=outputs["Topic"])["Attributes"]
    assert "Lake" == attributes["DisplayName"]


def test_a_nested_stack_is_referred_to_by_its_arn(deploy):
    arn = deploy(STORAGE, Stack={"Value": {"Ref": "Storage"}})["Stack"]

    assert arn.startswith("arn:aws:cloudformation:us-east-1:123456789012:stack/lake-Storage-")
    assert arn == client("cloudformation").describe_stacks(StackName=arn)["Stacks"][0]["StackId"]


def test_an_unknown_type_inside_is_named_with_the_nested_stack(deploy):
    with pytest.raises(TerminalError, match=r"stack lake-Storage-\w+: Odd \(AWS::Glue::Crawler\)"):
        deploy(STORAGE | {"Resources": {**STORAGE["Resources"], "Odd": {"Type": "AWS::Glue::Crawler"}}})


def test_a_template_that_was_not_uploaded_is_an_error(deploy):
    client("s3").delete_object(Bucket="assets", Key="storage.json")

    with pytest.raises(TerminalError, match=r"a template is not in the asset bucket \(NoSuchKey\); given: https://"):
        deploy(STORAGE, uploaded_as="elsewhere.json")


def test_a_changed_nested_template_changes_the_stack_in_place(deploy):
    topic = deploy(STORAGE, Topic={"Value": {"Fn::GetAtt": ["Storage", "Outputs.TopicArn"]}})["Topic"]
    changed = {**STORAGE, "Outputs": STORAGE["Outputs"] | {"Name": {"Value": {"Fn::GetAtt": ["Topic", "TopicName"]}}}}
    client("s3").put_object(Bucket="assets", Key="changed.json", Body=json.dumps(changed).encode())
    properties = {"TemplateURL": URL.replace("storage", "changed"), "Parameters": {"Shown": "Sea"}}
    template = {
        "Resources": {"Storage": {**STACK, "Properties": properties}},
        "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Storage", "Outputs.Name"]}}},
    }

    client("cloudformation").update_stack(StackName="lake", TemplateBody=json.dumps(template))

    (stack,) = client("cloudformation").describe_stacks(StackName="lake")["Stacks"]
    assert [topic.rpartition(":")[2]] == [output["OutputValue"] for output in stack["Outputs"]]
    assert "Sea" == client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"]
