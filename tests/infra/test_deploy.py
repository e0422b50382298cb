"""The bare `cdk deploy --context env=prod` deploys everything, by the real command line into a local account."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace

import boto3
import pytest
from click.testing import CliRunner

from infra.artifacts import ASSET_PREFIX, ENVIRONMENT, JOBS, LAMBDAS
from scripts import synthesis
from scripts.cli.root import root
from scripts.local.clients import ACCOUNT, REGION
from scripts.packaging.build import build
from scripts.setup import paths
from scripts.setup.launch import runtime_environment
from scripts.synthesis import assembly
from shared.backfill import BACKFILL_MACHINE
from shared.config import load_environment
from shared.contracts import Catalog, load_catalog
from shared.names import ACCESS_ADMIN_ROLE, Machine, Names
from shared.smoke import SMOKE_MACHINE
from tests.support.watched_programs import Watched

CDK = [paths.NODE, paths.CDK_CLI]
ASSETS = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
STAND_IN = b"built by an earlier deploy"
pytestmark = [pytest.mark.slow, pytest.mark.extra]


@contextmanager
def local_account():
    """The local account in a process of its own; gives the environment variables that point to it."""
    command = [sys.executable, "-P", "-m", "scripts.local.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=runtime_environment()) as server:
        try:
            port = server.stdout.readline().strip().rpartition(":")[2]
            yield {
                # moto knows the addresses of templates by this name of the host only.
                "AWS_ENDPOINT_URL": f"http://localhost:{port}",
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
                "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION,
            }
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def account():
    with local_account() as variables:
        # What `cdk bootstrap` makes and a deploy asks for.
        client(variables, "ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
        client(variables, "s3").create_bucket(Bucket=ASSETS)
        # The two artifacts that take long exist already, as after an earlier deploy; jobs are built.
        for artifact in (ENVIRONMENT, LAMBDAS):
            client(variables, "s3").put_object(Bucket=ASSETS, Key=ASSET_PREFIX + artifact.key(), Body=STAND_IN)
        yield variables


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    return tmp_path_factory.mktemp("deploy") / "cdk.out"


@pytest.fixture(scope="module")
def deployed(account, output):
    """The output of the command line for the first deploy and the second."""
    settings = {"CDK_REQUIRE_APPROVAL": "never", "CDK_OUTPUT": str(output), "CDK_VALIDATION": "false"}
    cdk(account | settings, "deploy", "account/*", "--context", "env=prod")
    return [cdk(account | settings, "deploy", "--context", "env=prod") for _ in range(2)]


def client(variables, service):
    return boto3.client(
        service,
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name=REGION,
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )


def cdk(variables, *words):
    environment = {**runtime_environment(), **variables, "CI": "true"}
    finished = subprocess.run(
        [*CDK, *words], cwd=paths.ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert 0 == finished.returncode, finished.stdout + finished.stderr
    return finished.stdout + finished.stderr


def test_everything_is_deployed_with_one_command(account, deployed):
    names = Names(load_environment("prod"))
    machines = client(account, "stepfunctions").list_state_machines()["stateMachines"]
    stacks = client(account, "cloudformation").describe_stacks()["Stacks"]
    tables = client(account, "glue").get_tables(DatabaseName="gold")["TableList"]
    (stack,) = [s for s in stacks if s["StackName"] == names.stack]
    (api,) = client(account, "apigatewayv2").get_apis()["Items"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    assert {names.machine(machine) for machine in (*Machine, BACKFILL_MACHINE, SMOKE_MACHINE)} == {
        machine["name"] for machine in machines
    }
    assert ("CREATE_COMPLETE", True) == (stack["StackStatus"], stack["EnableTerminationProtection"])
    assert (names.stack, api["ApiEndpoint"]) == (api["Name"], outputs["ApiUrl"])
    assert {"customer_dim", "daily_revenue", "sales_fact"} <= {table["Name"] for table in tables}


def test_account_is_governed_and_its_tables_are_tagged_by_the_deploy(account, deployed):
    lake_formation = client(account, "lakeformation")
    admins = lake_formation.get_data_lake_settings()["DataLakeSettings"]["DataLakeAdmins"]
    table = {"DatabaseName": "bronze", "Name": "crm__contacts"}
    tags = lake_formation.get_resource_lf_tags(Resource={"Table": table})["LFTagsOnTable"]
    filters = lake_formation.list_data_cells_filter()["DataCellsFilters"]

    assert {ACCESS_ADMIN_ROLE, f"cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}"} == {
        admin["DataLakePrincipalIdentifier"].rpartition("/")[2] for admin in admins
    }
    assert {"lakewright_prod_domain", "lakewright_prod_reads_pii_officer"} == {tag["TagKey"] for tag in tags}
    assert ["is_deleted = false"] == [f["RowFilter"]["FilterExpression"] for f in filters]


def test_second_deploy_changes_nothing(deployed):
    assert ["(no changes)"] == [said for said in ["(no changes)"] if said in deployed[1]]


def test_what_the_bucket_lacks_is_built_and_nothing_else(account, deployed):
    def size(artifact):
        return client(account, "s3").head_object(Bucket=ASSETS, Key=ASSET_PREFIX + artifact.key())["ContentLength"]

    assert build(JOBS).stat().st_size == size(JOBS)
    assert [len(STAND_IN)] * 2 == [size(artifact) for artifact in (ENVIRONMENT, LAMBDAS)]


@pytest.mark.examples
def test_plan_reads_the_contracts_that_runs_are_given(account, deployed, monkeypatch):
    for name, value in account.items():
        monkeypatch.setenv(name, value)
    words = ["plan", "--against", "prod", "--json"]
    same = CliRunner().invoke(root, words, catch_exceptions=False)
    assert (0, []) == (same.exit_code, [row for row in json.loads(same.stdout) if row["changes"]])

    ours = load_catalog()
    orders = ours.table("silver.orders")
    less = replace(orders, columns=tuple(c for c in orders.columns if c.name != "revision_number"))
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: Catalog(ours.tables | {"silver.orders": less}))
    other = CliRunner().invoke(root, words, catch_exceptions=False)
    changes = [(row["table"], c["change"], c["column"]) for row in json.loads(other.stdout) for c in row["changes"]]
    assert (2, [("silver.orders", "column dropped", "revision_number")]) == (other.exit_code, changes)


@pytest.fixture
def nothing_in_reach(monkeypatch):
    """No credentials, no Docker, and a network whose every way out ends at once."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("nothing_in_reach")
def test_offline_synthesis_makes_the_very_same_templates(deployed, output, tmp_path, monkeypatch):
    """Without network, AWS and git, which nothing even tries. The CDK's own command needs no credentials either."""
    watched = Watched(tmp_path / "watched")
    with monkeypatch.context() as patch:
        patch.setattr(synthesis, "runtime_environment", lambda: runtime_environment() | watched.variables)
        offline = assembly("prod", None, tmp_path / "cdk.out")
    cdk({"CDK_OUTPUT": str(tmp_path / "by cdk"), "CDK_VALIDATION": "false"}, "synth", "--quiet", "-c", "env=prod")
    names = {path.name for path in output.glob("*.template.json")}

    assert ({"node", "python"}, []) == (watched.began, watched.asked)
    for made in (offline, tmp_path / "by cdk"):
        assert names == {path.name for path in made.glob("*.template.json")}
        assert [] == [name for name in names if (output / name).read_bytes() != (made / name).read_bytes()]
