"""What a deploy would remove is found from two folders of templates and CloudFormation's own schemas."""

import json
import shutil

import pytest
from click.testing import CliRunner

from scripts.cli.replacements import command
from scripts.comparing.replacements import create_only
from shared.errors import TerminalError

STACK = "LakewrightStorage0A1B2C3D.nested.template.json"
BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "lake", "Tags": [{"Key": "a", "Value": "1"}]}}
TABLE = {"Type": "AWS::Glue::Table", "Properties": {"DatabaseName": "gold", "TableInput": {"Name": "t", "Owner": "a"}}}
MACHINE = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "daily"}}
SECRET = {
    "Type": "AWS::SecretsManager::Secret",
    "DeletionPolicy": "RetainExceptOnCreate",
    "Properties": {"Name": "crm"},
}
RESOURCES = {"Lake": BUCKET, "Table": TABLE, "Machine": MACHINE}


def write(folder, resources, name=STACK):
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    (folder / name).write_text(json.dumps({"Resources": resources}))
    return folder


def compare(tmp_path, after, name=STACK):
    base, head = write(tmp_path / "base", RESOURCES), write(tmp_path / "head", after, name)
    answer = CliRunner().invoke(command, [str(base), str(head), "--json"], catch_exceptions=False)
    return answer.exit_code, [(row["resource"], row["why"]) for row in json.loads(answer.stdout)]


def changed(resource, **properties):
    return {**resource, "Properties": {**resource["Properties"], **properties}}


@pytest.mark.parametrize(
    "after, code, found",
    [
        pytest.param(RESOURCES, 0, [], id="nothing"),
        pytest.param({**RESOURCES, "More": BUCKET}, 0, [], id="an addition"),
        pytest.param({**RESOURCES, "Lake": changed(BUCKET, Tags=[])}, 0, [], id="what is changed in place"),
        pytest.param(
            {**RESOURCES, "Table": changed(TABLE, TableInput={"Name": "t", "Owner": "b"})},
            0,
            [],
            id="beside a nested name",
        ),
        pytest.param(
            {**RESOURCES, "Lake": changed(BUCKET, BucketName="pond")},
            1,
            [("Lake", "BucketName cannot be changed in place")],
            id="a bucket's name",
        ),
        pytest.param(
            {**RESOURCES, "Table": changed(TABLE, TableInput={"Name": "u", "Owner": "a"})},
            1,
            [("Table", "TableInput.Name cannot be changed in place")],
            id="a nested name",
        ),
        pytest.param(
            {"Machine": MACHINE, "Table": TABLE, "Pond": BUCKET},
            1,
            [("Lake", "it is no longer in the template")],
            id="a bucket under another logical id",
        ),
        pytest.param(
            {**RESOURCES, "Lake": {"Type": "AWS::S3Express::DirectoryBucket"}},
            1,
            [("Lake", "it becomes a AWS::S3Express::DirectoryBucket")],
            id="a bucket of another kind",
        ),
        pytest.param(
            {**RESOURCES, "Machine": changed(MACHINE, StateMachineName="nightly")},
            0,
            [("Machine", "StateMachineName cannot be changed in place")],
            id="a machine, which a deploy makes again",
        ),
    ],
)
def test_only_the_loss_of_state_is_red(tmp_path, after, code, found):
    assert (code, found) == compare(tmp_path, after)


@pytest.mark.parametrize(
    "gone, after, is_red",
    [
        pytest.param(TABLE, {}, False, id="a table whose contract is gone"),
        pytest.param(TABLE, {"Other": changed(TABLE, DatabaseName="silver")}, False, id="beside one of its name"),
        pytest.param(TABLE, {"Other": TABLE}, True, id="a table under another logical id"),
        pytest.param(SECRET, {}, False, id="the connection of a source that no contract has"),
        pytest.param(SECRET, {"Other": {**SECRET, "DeletionPolicy": "Delete"}}, True, id="a connection that moves"),
        pytest.param({**SECRET, "DeletionPolicy": "Delete"}, {}, True, id="a connection that is deleted"),
        pytest.param(changed(SECRET, GenerateSecretString={}), {}, True, id="a key that was generated"),
    ],
)
def test_what_a_contract_made_may_go_with_it_and_not_elsewhere(tmp_path, gone, after, is_red):
    base, head = write(tmp_path / "base", {"Gone": gone}), write(tmp_path / "head", {})
    (head / "Elsewhere.template.json").write_text(json.dumps({"Resources": after}))
    answer = CliRunner().invoke(command, [str(base), str(head), "--json"], catch_exceptions=False)

    assert (int(is_red), [("Gone", is_red)]) == (
        answer.exit_code,
        [(row["resource"], row["keeps_data"]) for row in json.loads(answer.stdout)],
    )


def test_nested_stack_is_known_by_its_name_and_not_by_its_hash(tmp_path):
    assert (0, []) == compare(tmp_path, RESOURCES, name="LakewrightStorage4E5F6071.nested.template.json")


def test_nested_stack_that_goes_takes_its_state_along(tmp_path):
    code, found = compare(tmp_path, RESOURCES, name="LakewrightStore.nested.template.json")

    assert (1, {"Lake", "Table", "Machine"}) == (code, {name for name, _ in found})


def test_conditional_properties_count_as_well():
    assert ("MaximumCapacity",) in create_only("AWS::EMRServerless::Application")


def test_type_without_a_schema_has_no_such_property():
    assert () == create_only("AWS::Made::Up")


def test_folder_that_is_no_assembly_is_told(tmp_path):
    base = write(tmp_path / "base", RESOURCES)
    shutil.copytree(base, tmp_path / "head")
    (tmp_path / "head" / "manifest.json").unlink()

    with pytest.raises(TerminalError, match="no cloud assembly"):
        CliRunner().invoke(command, [str(base), str(tmp_path / "head")], catch_exceptions=False)
