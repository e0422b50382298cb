"""What exists once in an account, and which existing settings it keeps."""

import json

import pytest

from shared.access_modes import AccessMode
from shared.config import load_environment
from shared.config.account import Account
from shared.config.model import Access
from shared.names import ACCESS_ADMIN_ROLE
from tests.infra.test_rights import operations

SETTINGS = "AWS::LakeFormation::DataLakeSettings"


def synthesize_account(output, settings, *, nag=False, access=None):
    import aws_cdk as cdk
    import cdk_nag

    from infra.stacks.account import AccountStage
    from scripts.synthesis import app_context

    app = cdk.App(outdir=str(output), context=app_context("prod"), builtin_cloud_formation_validation=nag)
    environment = load_environment("prod")
    if access:
        environment = environment.model_copy(update={"access": access})
    AccountStage(app, "account", environment=environment, settings=settings)
    if nag:
        cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    app.synth()
    (template,) = (output / "assembly-account").glob("*.template.json")
    return json.loads(template.read_text())["Resources"]


def settings_of(resources):
    (found,) = [r["Properties"] for r in resources.values() if r["Type"] == SETTINGS]
    return found


@pytest.mark.usefixtures("clouds")  # they find Node
def test_nobody_loses_the_administration_of_lake_formation(tmp_path):
    settings = settings_of(synthesize_account(tmp_path, Account(lake_formation_admins=("Stewards",)), nag=True))
    admins = json.dumps(settings["Admins"])

    assert "APPEND" == settings["MutationType"]
    # Among them the version of cross-account sharing, which is a setting of the whole account.
    assert "Parameters" not in settings
    assert [3, True, True] == [len(settings["Admins"]), "role/Stewards" in admins, "cfn-exec-role" in admins]


@pytest.mark.usefixtures("clouds")
def test_administrators_are_named_once_they_are_there(tmp_path):
    """Lake Formation refuses a role that does not exist yet, and an ARN made of its name is no dependency."""
    resources = synthesize_account(tmp_path, Account())
    (role,) = [name for name, r in resources.items() if r["Type"] == "AWS::IAM::Role"]
    (settings,) = [r for r in resources.values() if r["Type"] == SETTINGS]

    assert role in settings["DependsOn"]


@pytest.mark.usefixtures("clouds")
def test_administering_role_grants_and_reads_no_data(tmp_path):
    resources = synthesize_account(tmp_path, Account())
    (role,) = [r for r in resources.values() if r["Type"] == "AWS::IAM::Role"]
    (policy,) = [r["Properties"]["PolicyDocument"] for r in resources.values() if r["Type"] == "AWS::IAM::Policy"]
    actions = {action for statement in policy["Statement"] for action in statement["Action"]}

    assert ACCESS_ADMIN_ROLE == role["Properties"]["RoleName"]
    assert {"lakeformation", "glue"} == {action.partition(":")[0] for action in actions}
    assert "lakeformation:GetDataAccess" not in actions
    assert set() == {a for a in actions if a.partition(":")[2] not in operations(a.partition(":")[0])}


@pytest.mark.usefixtures("clouds")
def test_second_region_takes_the_administering_role_of_the_first(tmp_path):
    resources = synthesize_account(tmp_path, Account(makes_access_admin=False))

    assert [] == [r for r in resources.values() if r["Type"] == "AWS::IAM::Role"]
    assert f"role/{ACCESS_ADMIN_ROLE}" in json.dumps(settings_of(resources)["Admins"])


@pytest.mark.usefixtures("clouds")
@pytest.mark.parametrize(
    "mode, allowed", [(None, None), (AccessMode.FINE_GRAINED, None), (AccessMode.FULL_TABLE, True)]
)
def test_whole_tables_are_lent_only_where_readers_are_to_have_them(tmp_path, mode, allowed):
    settings = settings_of(synthesize_account(tmp_path, Account(), access=Access(consumer=mode)))

    assert allowed == settings.get("AllowFullTableExternalDataAccess")
