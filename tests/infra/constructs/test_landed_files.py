"""Which objects start a run: those that contracts read, as far as a rule can express it."""

import json
from types import SimpleNamespace

import pytest
from aws_cdk import Stack
from moto.events.models import EventPattern

from infra.constructs.landed_files import landed_in
from infra.constructs.place import Place
from jobs.ingest.landing import wanted
from shared.contracts.connections import landing_names

ROOT = "s3://house/here"
LOCATIONS = [
    f"s3://landing/{name}"
    for name in ("crm/accounts/*.csv", "crm/**/deals.json", "erp/?/day_*.csv", "rates.zip", "a\\b/*.csv")
]


@pytest.fixture
def place():
    return Place.existing(Stack(), "Landing", ROOT)


def names():
    tables = [SimpleNamespace(source=SimpleNamespace(location=location)) for location in LOCATIONS]
    return landing_names(SimpleNamespace(tables=dict(enumerate(tables))))


def starts_a_run(when, key):
    pattern = {"detail": {"object": when.detail["object"]}}
    return EventPattern.load(json.dumps(pattern)).matches_event({"detail": {"object": {"key": f"here/{key}"}}})


@pytest.mark.parametrize(
    "key",
    ["crm/accounts/1.csv", "crm/deals.json", "crm/x/y/deals.json", "erp/7/day_1.csv", "rates.zip", "a\\b/1.csv"],
)
def test_file_that_a_contract_looks_for_starts_a_run(place, key):
    when = landed_in(place, names(), folders=[])

    assert any(wanted(location, ROOT)(f"{ROOT}/{key}") for location in LOCATIONS)
    assert starts_a_run(when, key)


@pytest.mark.parametrize(
    "key", ["crm/", "crm/accounts/", "crm/accounts/_SUCCESS", "crm/accounts/1.csv.crc", "rates.zip.tmp"]
)
def test_what_no_contract_looks_for_starts_none(place, key):
    """Consoles and programs leave such objects beside the files, and each cost the job runs of a whole run."""
    assert not starts_a_run(landed_in(place, names(), folders=["crm/"]), key)


def test_names_that_are_too_many_for_a_rule_give_way_to_their_folders(place):
    many = [f"crm/table_{n}/*.csv" for n in range(100)]

    assert [{"prefix": "here/crm/"}] == landed_in(place, many, folders=["crm/"]).detail["object"]["key"]
