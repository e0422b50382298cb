"""One file per environment; an error in one is reported before anything is deployed."""

from datetime import timedelta
from itertools import pairwise
from typing import get_args

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from pydantic import ValidationError

from shared.config import Environment, environment_names, load_environment
from shared.config import model as config_model
from shared.config.model import LogDays
from shared.config.schedule import Schedule
from shared.config.spark import WorkerSize
from shared.contracts import load_catalog
from shared.errors import TerminalError, UnknownNameError
from shared.freshness import promises
from shared.jobs import Step, steps_of
from shared.names import Machine


def test_the_environments_are_the_files():
    assert ["dev", "local", "prod"] == environment_names()


@pytest.mark.parametrize("name", environment_names())
def test_every_environment_is_valid(name):
    environment = load_environment(name)

    assert (name, True) == (environment.name, environment.sources["ecb"].startswith("https://"))


def test_an_unknown_environment_is_refused_with_those_that_exist():
    with pytest.raises(UnknownNameError) as refused:
        load_environment("test")

    assert "unknown environment; given: 'test'; expected: one of dev, local, prod" == str(refused.value)


def test_a_folder_takes_the_place_of_the_buckets():
    environment = load_environment("local", root="/tmp/lake")  # noqa: S108 - never written

    assert ("/tmp/lake", "/tmp/lake/landing") == (environment.lake_root, environment.landing_root)  # noqa: S108


def test_without_a_folder_the_stacks_own_buckets_are_used():
    environment = load_environment("prod")

    assert (None, None) == (environment.lake_root, environment.landing_root)


@pytest.mark.parametrize(
    "text, what, given",
    [
        pytest.param("owner: x\nownr: y\n", "test.yaml: ownr: Extra inputs", "'y'", id="an unknown key"),
        pytest.param("spark: {max_executor: 2}\nowner: x\n", "test.yaml: spark.max_executor: Extra", "2", id="within"),
        pytest.param(
            "spark: {max_executors: 0}\nowner: x\n", "test.yaml: spark.max_executors: Input", "0", id="a value"
        ),
        pytest.param(
            "keys: {lake: alias/lake}\nowner: x\n",
            "test.yaml: keys.lake: Value error, the ARN of a key is wanted",
            "'alias/lake'",
            id="an alias of a key",
        ),
        pytest.param(
            "account: {role_path: house/}\nowner: x\n",
            "test.yaml: account.role_path: Value error, a path of roles begins and ends with a slash, as /house/lake/",
            "'house/'",
            id="a path without its slash",
        ),
        pytest.param(
            "lake_root: house-lake\nowner: x\n", "test.yaml: lake_root: a bucket", "'house-lake'", id="no address"
        ),
        pytest.param(
            "landing_root: S3://house\nowner: x\n", "test.yaml: landing_root: a bucket", "'S3://house'", id="capitals"
        ),
        pytest.param("pii_root: /data\nowner: x\n", "test.yaml: pii_root: a bucket", "'/data'", id="a folder"),
        *[
            pytest.param(
                f'maintenance: {{cron: "{cron}"}}\nowner: x\n',
                "test.yaml: maintenance.cron: Value error, cron(MINUTES HOURS ",
                repr(cron),
                id=cron,
            )
            for cron in ("0 4 * * ? *", "cron(0 4 * * ?)", "cron(0 4 * * * *)", "cron(0 4 ? * ? *)", "rate(1 day)")
        ],
        pytest.param(
            'daily_batch: {cron: "cron(0 4 * * ? *)", time_zone: Europe/Amsterdm}\nowner: x\n',
            "test.yaml: daily_batch.time_zone: Value error, the name of a time zone",
            "'Europe/Amsterdm'",
            id="no time zone",
        ),
        pytest.param(
            "log_retention_days: 100\nowner: x\n", "test.yaml: log_retention_days: Input", "100", id="days of logs"
        ),
        *[
            pytest.param(
                f'maintenance: {{cron: "{cron}"}}\nowner: x\n',
                f"test.yaml: maintenance.cron: Value error, {said} in {cron}, and may be",
                repr(cron),
                id=cron,
            )
            for cron, said in {
                "cron(61 4 * * ? *)": "MINUTES is 61",
                "cron(0 25 * * ? *)": "HOURS is 25",
                "cron(0 4 32 * ? *)": "DAY-OF-MONTH is 32",
                "cron(0 4 ? * FOO *)": "DAY-OF-WEEK is FOO",
                "cron(0 4/0 * * ? *)": "HOURS is 4/0",
                "cron(0 4 * 1-13 ? *)": "MONTH is 1-13",
            }.items()
        ],
        *[
            pytest.param(f"vpc: {{cidr: {cidr}}}\nowner: x\n", "test.yaml: vpc.cidr: Value error", repr(cidr), id=cidr)
            for cidr in ("999.1.1.1/20", "10.64.1.0/20")
        ],
        pytest.param(
            "vpc: {zones: [eu-west-1a, eu-west-1a]}\nowner: x\n",
            "test.yaml: vpc.zones: Value error, each is named once",
            "['eu-west-1a', 'eu-west-1a']",
            id="a zone twice",
        ),
        pytest.param(
            "network: {subnet_ids: [vpc-1], security_group_ids: [sg-1]}\nowner: x\n",
            "test.yaml: network.subnet_ids.0: String should match",
            "'vpc-1'",
            id="no subnet",
        ),
        pytest.param("", "test.yaml: owner: Field required", "{'name': 'test'}", id="a missing key"),
    ],
)
def test_a_bad_environment_file_is_refused_with_its_key(tmp_path, monkeypatch, text, what, given):
    (tmp_path / "test.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(config_model, "FOLDER", tmp_path)

    with pytest.raises(TerminalError) as refused:
        load_environment("test")

    assert (what, given) == (refused.value.what[: len(what)], refused.value.given)
    assert refused.value.mend.startswith(("docs/settings.md lists every key", "name a bucket"))


def test_logs_are_kept_for_as_many_days_as_cloudformation_takes():
    group = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", "AWS::Logs::LogGroup").schema

    assert set(group["properties"]["RetentionInDays"]["enum"]) == set(get_args(LogDays))


def test_personal_data_has_a_key_of_its_own():
    key = "arn:aws:kms:eu-west-1:123456789012:key/mrk-0a1b2c3d"

    with pytest.raises(ValidationError, match="personal data needs a key of its own"):
        Environment.model_validate({"name": "new", "owner": "x", "keys": {"lake": key, "personal": key}})


@pytest.mark.parametrize(
    "roots",
    [
        {"lake_root": "s3://house", "pii_root": "s3://house/"},
        {"lake_root": "s3://house/lake", "pii_root": "s3://house/lake/pii"},
        {"lake_root": "s3://house/lake", "landing_root": "s3://house"},
    ],
)
def test_no_place_lies_in_another(roots):
    with pytest.raises(ValidationError, match="give each a place of its own"):
        Environment.model_validate({"name": "new", "owner": "x", **roots})


def test_places_may_lie_beside_each_other():
    assert Environment(name="new", owner="x", lake_root="s3://house/lake", pii_root="s3://house/lake-personal")


@pytest.mark.parametrize(
    "cron", ["cron(0/15 8-18 ? JAN-JUN,12 MON-FRI 2026)", "cron(0 0 L * ? *)", "cron(0 0 ? * 6#3 *)"]
)
def test_schedules_of_the_scheduler_are_taken(cron):
    assert cron == Schedule(cron=cron).cron


def longest_gap(cron):
    """The longest time between two starts of a schedule that is the same every day."""
    minutes, hours, *days = cron.removeprefix("cron(").removesuffix(")").split()
    assert ["*", "*", "?", "*"] == days
    first, _, last = hours.replace("*", "0-23").partition("-")
    starts = [timedelta(hours=hour, minutes=int(minutes)) for hour in range(int(first), int(last or first) + 1)]
    return max(after - before for before, after in pairwise([*starts, starts[0] + timedelta(days=1)]))


def test_the_longest_gap_is_found():
    crons = ("cron(15 * * * ? *)", "cron(15 5-20 * * ? *)", "cron(0 4 * * ? *)")

    assert [1, 9, 24] == [longest_gap(cron) / timedelta(hours=1) for cron in crons]


@pytest.mark.examples
@pytest.mark.parametrize("name", ["dev", "prod"])
def test_schedules_keep_what_contracts_promise(name):
    gaps = {
        machine: longest_gap(when.cron)
        for machine, when in load_environment(name).schedules.items()
        if Step.INGEST in steps_of(machine)
    }
    promised = promises(load_catalog())

    assert [] == [p.table for p in promised if timedelta(seconds=p.seconds) <= max(gaps[m] for m in p.machines)]


@pytest.mark.parametrize("size, billed", [((4, 14), 16), ((8, 15), 20), ((8, 54), 60), ((16, 30), 40)])
def test_a_worker_is_billed_by_the_steps_of_its_size(size, billed):
    assert billed == WorkerSize(cores=size[0], memory_gb=size[1]).billed_gb


@pytest.mark.parametrize("name", ["Prod", "1st", "a", "with-dash", "much_too_long"])
def test_a_name_that_aws_would_refuse_is_refused_here(name):
    with pytest.raises(ValidationError):
        Environment(name=name, owner="x")


def test_an_environment_cannot_be_changed():
    with pytest.raises(ValidationError):
        load_environment("dev").owner = "me"


def test_defaults_live_in_the_model():
    environment = Environment(name="new", owner="x")

    assert (365, False, "cron(0 4 * * ? *)", 2) == (
        environment.log_retention_days,
        environment.allow_data_deletion,
        environment.daily_batch.cron,
        environment.spark.max_executors,
    )


@pytest.mark.parametrize("machine", [Machine.DAILY_BATCH, Machine.SALESFORCE_INGESTION, Machine.MAINTENANCE])
def test_a_schedule_is_turned_off_by_one_setting_and_keeps_its_time(machine):
    usual = Environment(name="new", owner="x").schedules[machine]
    off = Environment.model_validate({"name": "new", "owner": "x", str(machine): {"enabled": False}})

    assert (False, usual.cron) == (off.schedules[machine].enabled, off.schedules[machine].cron)
