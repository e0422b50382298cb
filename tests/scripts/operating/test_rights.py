"""docs/rights.md lists the AWS rights that each command needs, as derived from its code."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import boto3
import botocore.client
import click
import pytest
from click.testing import CliRunner

from infra.stacks.account import CATALOG_READS, CLOSING, FILTERING, GRANTING, TAGGING
from jobs.runtime.files import read_text, remove_file, write_text
from scripts.cli.root import root
from shared.config import load_environment
from shared.contracts import Catalog, load_catalog
from shared.governance.access import READS, Classification
from shared.governance.environments import access_of
from shared.names import ACCESS_ADMIN_ROLE, Layer, Names, source_secret
from shared.vault import VAULT
from tests.docs.documents import CODE, document
from tests.support.asked_of_aws import Code, rights

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = Code()
COMMANDS = root.list_commands(click.Context(root))
ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
# What a command's code could reach but never does, with the reason; each has a test below.
NEVER = {
    # Only a folder is opened, as the tests below show.
    **{name: {"kms:Decrypt", "s3:GetObject", "s3:ListBucket"} for name in ("backfill", "erase", "rollback", "serve")},
    # These words also occur in the code for contracts; for DynamoDB they check whether a table exists.
    **{name: {"dynamodb:Query", "dynamodb:Scan"} for name in ("deploy", "preflight")},
    # It is called only to plan.
    "drift": {
        "lakeformation:PutDataLakeSettings",
        *(f"lakeformation:{verb}LFTags{rest}" for verb, rest in (("Add", "ToResource"), ("Remove", "FromResource"))),
        *(f"lakeformation:{verb}DataCellsFilter" for verb in ("Create", "Update", "Delete")),
        *(f"lakeformation:{verb}Permissions" for verb in ("Grant", "Revoke")),
    },
}


@cache
def rows() -> list[tuple[tuple[str, ...], str, frozenset[str]]]:
    """The rows of the table: the commands, their caller, and the actions; a row may refer to another command's."""
    table, commands, found = document("docs/rights.md").text.partition("\n| to |")[0], (), []
    for line in table.splitlines():
        if not line.startswith("| ") or line.startswith("| command"):
            continue
        first, who, may, _ = (cell.strip() for cell in line.strip("|").split("|"))
        commands = tuple(word for word in CODE.findall(first) if word in COMMANDS) or commands
        words = CODE.findall(may)
        actions = {word for word in words if ACTION.fullmatch(word)}
        for other in (word.removeprefix("./lake ") for word in words if word.startswith("./lake ")):
            actions |= {a for known, _, those in found if other in known for a in those}
        found.append((commands, who, frozenset(actions)))
    return found


def documented(command: str) -> set[str]:
    return {action for commands, _, actions in rows() if command in commands for action in actions}


@cache
def come_to(command: str) -> set[str]:
    return OURS.asked_by(command)


def asked(command: str) -> set[str]:
    return come_to(command) - NEVER.get(command, set())


@pytest.mark.parametrize("command", COMMANDS)
def test_the_table_names_the_actions_that_the_code_asks_for_and_no_others(command):
    assert asked(command) == documented(command)
    assert NEVER.get(command, set()) <= come_to(command)


def test_every_command_is_in_the_table_or_among_those_that_ask_nothing():
    rest = document("docs/rights.md").text.partition("All other commands need nothing of AWS")[2].partition("\n\n")[0]
    silent = {word.split()[0] for word in CODE.findall(rest)} - {"quarantine"}

    assert {command for command in COMMANDS if asked(command)} == {c for commands, *_ in rows() for c in commands}
    assert silent == {command for command in COMMANDS if not asked(command)}


def test_the_role_that_commands_take_may_do_what_they_ask_as_it():
    held = {f"lakeformation:{action}" for action in (*TAGGING, *GRANTING, *FILTERING, *CLOSING)}
    held |= {f"glue:{action}" for action in CATALOG_READS}

    assert {a for _, who, actions in rows() if ACCESS_ADMIN_ROLE in who for a in actions} <= held


@contextmanager
def noted() -> Iterator[set[str]]:
    """Record the actions that every further botocore call needs."""
    found, calls = set(), botocore.client.BaseClient._make_api_call

    def noting(self, operation, given):
        found.update(rights(self.meta.service_model.service_name, operation))
        return calls(self, operation, given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", noting)
        yield found


def called(*words: str, given: str = "") -> tuple[int, set[str]]:
    with noted() as found:
        answer = CliRunner().invoke(root, words, input=given)
    return answer.exit_code, found


def test_what_preflight_really_asks_is_in_the_table(ready):
    code, found = called("preflight", "prod")

    assert 0 == code
    assert {"ssm:GetParameter", "cloudformation:DescribeStacks"} <= found <= documented("preflight")


def test_what_secrets_really_asks_is_in_the_table(aws):
    boto3.client("secretsmanager").create_secret(Name=source_secret("dev", "snowflake"))

    assert (0, documented("secrets")) == called("secrets", "put", "dev", "snowflake", given="{}")


def test_what_teardown_really_asks_is_in_the_table(aws, monkeypatch):
    from scripts.local.cloudformation import protection

    protection.install()
    environment = load_environment("dev").model_copy(update={"allow_data_deletion": True})
    monkeypatch.setattr("shared.config.load_environment", lambda _: environment)
    kinds = {"AWS::S3::Bucket": {"BucketName": "the-lake"}, "AWS::Logs::LogGroup": {"LogGroupName": "the-logs"}}
    kinds |= {"AWS::KMS::Key": {"KeyPolicy": {}}}
    resources = {
        name.replace(":", ""): {"Type": name, "DeletionPolicy": "Retain", "Properties": properties}
        for name, properties in kinds.items()
    }
    boto3.client("cloudformation").create_stack(
        StackName=Names(environment).stack, TemplateBody=json.dumps({"Resources": resources})
    )
    bucket = boto3.resource("s3").Bucket("the-lake")
    bucket.Versioning().enable()
    bucket.put_object(Key="table", Body=b"1")
    emr = boto3.client("emr-serverless")
    made = emr.create_application(name=f"{Names(environment).stack}-batch", releaseLabel="emr-7.10.0", type="SPARK")
    emr.start_job_run(applicationId=made["applicationId"], executionRoleArn="arn:aws:iam::123456789012:role/jobs")

    code, found = called("teardown", "dev", "--confirm", "dev", "--delete-data-of", "dev")

    assert 0 == code
    assert {"s3:DeleteObjectVersion", "kms:ScheduleKeyDeletion", "logs:DeleteLogGroup"} <= found
    assert found <= documented("teardown")


@pytest.mark.examples
def test_what_access_and_drift_really_ask_is_in_the_table(aws, tmp_path, monkeypatch):
    catalog = Catalog({"gold.daily_revenue": load_catalog().tables["gold.daily_revenue"]})
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: catalog)
    wanted = access_of(load_environment("prod"), catalog)
    client, glue = boto3.client("lakeformation"), boto3.client("glue")
    for database in (*Layer, VAULT):
        glue.create_database(DatabaseInput={"Name": str(database)})
    client.create_lf_tag(TagKey=wanted.classification_key, TagValues=list(Classification))
    client.create_lf_tag(TagKey=wanted.domain_key, TagValues=sorted({t.domain for t in wanted.tables}))
    for role in wanted.clearances:
        client.create_lf_tag(TagKey=wanted.role_key(role), TagValues=[READS])

    (found_by_drift, drifting), (planned, planning) = called("drift", "prod"), called("access", "prod", "--dry-run")
    code, applying = called("access", "prod")

    assert (1, 0, 0) == (found_by_drift, planned, code)
    assert {"glue:GetTables", "lakeformation:ListPermissions"} <= drifting <= documented("drift")
    assert "lakeformation:AddLFTagsToResource" in applying
    assert applying <= documented("access")
    assert not planning & NEVER["drift"]


def test_files_are_written_read_and_removed_by_the_rights_of_a_cut(aws):
    boto3.client("s3").create_bucket(Bucket="the-copy")
    with noted() as found:
        write_text("s3://the-copy/page", "text")
        assert "text" == read_text("s3://the-copy/page")
        remove_file("s3://the-copy/page")

    assert documented("recover") - {"s3:AbortMultipartUpload"} == found


@pytest.mark.parametrize("words", [["erase", "--subject", "customer=1"], ["rollback", "a-run"], ["serve"]])
def test_command_for_a_folder_refuses_a_bucket_before_it_asks_anything(words):
    assert (2, set()) == called(*words, "--root", "s3://the-lake")


def test_backfill_takes_no_address_for_a_folder():
    command = root.get_command(click.Context(root), "backfill")
    [place] = [option for option in command.params if option.name == "root"]

    assert "://" not in str(place.type.convert("s3://the-lake", place, None))


def test_a_call_is_found_behind_imports_paginators_and_helpers_and_only_where_the_command_comes(tmp_path):
    files = {
        "scripts/cli/look.py": "def command():\n    from jobs.looking import look\n    look()\n",
        "jobs/looking.py": (
            "import boto3\nfrom jobs import parts\n"
            "def look():\n    s3 = boto3.client('s3')\n    s3.get_paginator('list_objects_v2')\n    parts.one(s3)\n"
            "def never():\n    boto3.client('s3').delete_bucket(Bucket='b')\n"
        ),
        "jobs/parts.py": "def one(s3):\n    return s3.get_object(Bucket='b', Key='k')\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    assert {"kms:Decrypt", "s3:GetObject", "s3:ListBucket"} == Code(tmp_path).asked_by("look")
