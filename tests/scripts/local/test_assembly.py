import json
import zipfile

import pytest

from scripts.local import assembly
from scripts.local.clients import client
from shared.errors import TerminalError

TOPIC = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}


def test_a_stack_is_found_by_its_name(write_assembly):
    folder = write_assembly(TOPIC)

    found = assembly.read_stack(folder, "lake")

    assert ("lake", folder / "lake.template.json") == (found.name, found.template)


def test_an_unknown_stack_is_answered_with_those_that_exist(write_assembly):
    with pytest.raises(TerminalError, match="has no stack sea; given: sea; expected: one of lake"):
        assembly.read_stack(write_assembly(TOPIC), "sea")


def test_a_folder_that_is_no_assembly_is_refused(tmp_path):
    with pytest.raises(TerminalError, match=r"is no cloud assembly.*to fix: synthesize first"):
        assembly.read_stack(tmp_path, "lake")


def test_a_machine_is_made_of_its_uploaded_definition(account, write_assembly):
    definition = json.dumps({"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Result": "${word}", "End": True}}})
    properties = {
        "StateMachineName": "by-location",
        "RoleArn": "arn:aws:iam::123456789012:role/machine",
        "DefinitionS3Location": {"Bucket": "assets", "Key": "machine.asl.json"},
        "DefinitionSubstitutions": {"word": 'a "quoted" word'},
    }
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    template = {"Resources": {"Machine": machine}, "Outputs": {"Arn": {"Value": {"Ref": "Machine"}}}}

    outputs = account.deploy(write_assembly(template, {"machine.asl.json": definition}), "lake")

    assert 'a "quoted" word' == account.wait(account.start(outputs["Arn"], {}, name="by-location")).output
    client("cloudformation").delete_stack(StackName="lake")


@pytest.mark.parametrize(
    "substitutions, message",
    [
        pytest.param({}, r"tokens without a substitution: \['word'\]", id="a token is left"),
        pytest.param({"word": "x", "more": "y"}, r"substitutions without a token: \['more'\]", id="one too many"),
    ],
)
def test_tokens_and_substitutions_must_be_the_same(account, write_assembly, substitutions, message):
    text = json.dumps({"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Result": "${word}", "End": True}}})
    properties = {"RoleArn": "arn:aws:iam::123456789012:role/machine", "DefinitionString": text}
    properties["DefinitionSubstitutions"] = substitutions
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}

    with pytest.raises(TerminalError, match=message):
        account.deploy(write_assembly({"Resources": {"Machine": machine}}), "lake")

    client("cloudformation").delete_stack(StackName="lake")


def test_a_folder_is_uploaded_as_an_archive(account, write_assembly, tmp_path):
    folder = write_assembly(TOPIC)
    (folder / "code" / "deep").mkdir(parents=True)
    (folder / "code" / "deep" / "handler.py").write_text("x = 1")
    place = {"bucketName": "assets-${AWS::AccountId}-${AWS::Region}", "objectKey": "code.zip"}
    source = {"path": "code", "packaging": "zip"}
    files = {"files": {"code": {"source": source, "destinations": {"here": place}}}}
    (folder / "lake.assets.json").write_text(json.dumps(files))
    stack = assembly.read_stack(folder, "lake")

    assembly.bootstrap(stack)
    assembly.upload_assets(stack)

    archive = tmp_path / "back.zip"
    client("s3").download_file("assets-123456789012-us-east-1", "code.zip", str(archive))
    assert ["deep/handler.py"] == zipfile.ZipFile(archive).namelist()


def test_a_missing_source_is_named(account, write_assembly):
    folder = write_assembly(TOPIC, {"machine.asl.json": "{}"})
    (folder / "machine.asl.json").unlink()

    with pytest.raises(TerminalError, match=r"the source of an asset is missing; given: .*machine\.asl\.json"):
        account.deploy(folder, "lake")
