"""`lake access` sets an account to what the contracts say, reports the changes, and changes nothing the second time."""

import json

import boto3
import pytest
from click.testing import CliRunner
from moto import mock_aws

from scripts.cli.access import command
from scripts.local import lake_formation
from shared.config import load_environment
from shared.contracts import load_catalog
from shared.errors import TerminalError
from shared.governance.access import READS, Classification
from shared.governance.environments import access_of

WANTED = access_of(load_environment("prod"), load_catalog())


@pytest.fixture
def account(monkeypatch):
    """An account with the tags that a deploy of prod creates."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    lake_formation.install()
    with mock_aws():
        client = boto3.client("lakeformation")
        client.create_lf_tag(TagKey=WANTED.classification_key, TagValues=list(Classification))
        client.create_lf_tag(TagKey=WANTED.domain_key, TagValues=sorted({t.domain for t in WANTED.tables}))
        for role in WANTED.clearances:
            client.create_lf_tag(TagKey=WANTED.role_key(role), TagValues=[READS])
        yield client


def access(*words):
    return CliRunner().invoke(command, ["prod", *words], catch_exceptions=False)


def test_changes_are_made_once_and_told(account):
    planned = json.loads(access("--dry-run", "--json").stdout)
    made = json.loads(access("--json").stdout)

    assert [row | {"status": "made"} for row in planned] == made
    assert {"planned"} == {row["status"] for row in planned}
    assert "nothing to change" in access().stdout


def test_what_cannot_be_done_is_red_and_names_the_place(account):
    account.delete_lf_tag(TagKey=WANTED.domain_key)

    with pytest.raises(TerminalError, match="access changes failed"):
        access()


def test_environment_without_governance_is_told_what_to_add():
    with pytest.raises(TerminalError, match="the environment local has no governance"):
        CliRunner().invoke(command, ["local"], catch_exceptions=False)
