"""GitHub deploys without an access key, from one environment of one repository, and the workflows are as safe."""

import json
import re
from pathlib import Path

import pytest
import yaml

from scripts.setup import paths
from shared.config import load_environment
from shared.config.model import Account, GitHub
from shared.names import Names

WORKFLOWS = sorted((paths.ROOT / ".github" / "workflows").glob("*.yml"))
PROVIDER = "AWS::IAM::OIDCProvider"


def resources(build):
    """The templates of a top-level stack made by a function, with nested ones."""
    import aws_cdk as cdk

    app = cdk.App(context={"@aws-cdk/core:enablePartitionLiterals": True})
    build(app)
    assembly = app.synth()
    files = Path(assembly.directory).glob("**/*.template.json")
    return [r for file in files for r in json.loads(file.read_text())["Resources"].values()]


def delivered(**github):
    import aws_cdk as cdk

    from infra.stacks.delivery import Delivery

    environment = load_environment("prod").model_copy(update={"github": GitHub(**github)})
    built = resources(
        lambda app: Delivery(cdk.Stack(app, "Top"), "Delivery", environment=environment, github=environment.github)
    )
    return {r["Type"]: r["Properties"] for r in built}


@pytest.mark.usefixtures("clouds")
@pytest.mark.parametrize(
    "github, subject",
    [
        pytest.param({"repository": "house/lake"}, "repo:house/lake:environment:prod", id="the environment's own name"),
        pytest.param(
            {"repository": "house/lake", "environment": "live"}, "repo:house/lake:environment:live", id="another"
        ),
    ],
)
def test_one_environment_of_one_repository_takes_the_role(github, subject):
    role = delivered(**github)["AWS::IAM::Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert Names(load_environment("prod")).deployer_role == role["RoleName"]
    assert "sts:AssumeRoleWithWebIdentity" == statement["Action"]
    assert {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": subject,
        }
    } == statement["Condition"]


@pytest.mark.usefixtures("clouds")
def test_the_role_takes_the_bootstrapped_roles_and_nothing_else():
    (statement,) = delivered(repository="house/lake")["AWS::IAM::Policy"]["PolicyDocument"]["Statement"]

    assert "sts:AssumeRole" == statement["Action"]
    assert ":role/cdk-hnb659fds-*-" in json.dumps(statement["Resource"])


@pytest.mark.usefixtures("clouds")
@pytest.mark.parametrize(
    "github, makes, count",
    [
        pytest.param(None, True, 0, id="nobody deploys from GitHub"),
        pytest.param(GitHub(repository="house/lake"), True, 1, id="the first in the account"),
        pytest.param(GitHub(repository="house/lake"), False, 0, id="there is one already"),
    ],
)
def test_account_makes_the_provider_once(github, makes, count):
    from infra.stacks.account import AccountStage

    environment = load_environment("prod").model_copy(update={"github": github})
    built = resources(
        lambda app: AccountStage(app, "account", environment=environment, settings=Account(makes_oidc_provider=makes))
    )

    assert count == len([r for r in built if r["Type"] == PROVIDER])


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_workflow_has_no_access_key_and_no_more_permissions_than_it_needs(file):
    text, workflow = file.read_text(), yaml.safe_load(file.read_text())
    asking = [job for job in workflow["jobs"].values() if job.get("permissions", {}).get("id-token") == "write"]

    assert {"contents": "read"} == workflow["permissions"]
    assert "secrets." not in text
    assert "AWS_ACCESS_KEY" not in text
    assert [] == [job for job in asking if "environment" not in job]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_action_is_named_by_its_commit_and_leaves_no_token_behind(file):
    """A tag can be moved, and every later step can read what an action leaves in .git/config."""
    steps = [step for job in yaml.safe_load(file.read_text())["jobs"].values() for step in job["steps"]]
    used = [step for step in steps if "uses" in step]

    assert [] == [step["uses"] for step in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"])]
    assert {False} == {step["with"]["persist-credentials"] for step in used if "actions/checkout@" in step["uses"]}


def test_packages_are_installed_before_the_role_is_taken():
    """Those of the command line, and those of the artifacts, which `cdk deploy` would otherwise build."""
    (workflow,) = [yaml.safe_load(file.read_text()) for file in WORKFLOWS if file.stem == "deploy"]

    for name in ("dev", "prod"):
        *before, credentials, deploy = workflow["jobs"][name]["steps"]
        installing = [step["run"] for step in before if "run" in step]
        assert ["./lake --version", ".venv/bin/python -m scripts.packaging"] == installing
        assert "configure-aws-credentials" in credentials["uses"]
        assert "cdk deploy" in deploy["run"]


def test_pull_request_is_checked_tested_synthesized_and_gets_a_comment_with_its_plan():
    """And none of it reaches an account: no job may assume a role there.

    Nor may its code write to the pull request: the job that does runs none of it.
    """
    [jobs] = [yaml.safe_load(file.read_text())["jobs"] for file in WORKFLOWS if file.stem == "pull_request"]
    said = {name: "\n".join(step.get("run", "") for step in job["steps"]) for name, job in jobs.items()}
    plan = [said["plan"].index(words) for words in ("./lake synth", "./lake plan", "./lake replacements")]

    assert (".ci/run", "./lake test --long") == (said["check-and-test"].strip(), said["long-tests"].strip())
    assert sorted(plan) == plan
    assert "gh pr comment" in said["comment"]
    assert {"comment": {"pull-requests": "write"}} == {
        n: j["permissions"] for n, j in jobs.items() if "permissions" in j
    }
    assert ["comment"] == [name for name, job in jobs.items() if "github.token" in str(job)]
    assert [] == [step for step in jobs["comment"]["steps"] if "checkout" in step.get("uses", "") or "./" in str(step)]
    assert [] == [name for name, job in jobs.items() if "id-token" in job.get("permissions", {})]


def test_main_goes_to_dev_and_prod_waits_for_dev_and_both_for_the_tests():
    (workflow,) = [yaml.safe_load(file.read_text()) for file in WORKFLOWS if file.stem == "deploy"]
    deploy = workflow["jobs"]

    # YAML 1.1 reads the key `on` as true.
    assert {"push": {"branches": ["main"]}} == workflow[True]
    assert (["check-and-test", "long-tests"], "dev") == (deploy["dev"]["needs"], deploy["prod"]["needs"])
    assert ("dev", "prod") == (deploy["dev"]["environment"], deploy["prod"]["environment"])
