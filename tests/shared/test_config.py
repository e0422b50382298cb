"""One file per environment; an error in one is reported before anything is deployed."""

from datetime import timedelta
from itertools import pairwise
from typing import get_args

import pytest
import yaml
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
from shared.jobs import brings_up_to_date
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


OWNER = "owner: x\n"
MANUAL = "docs/settings.md lists every key"


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param(
            "owner: x\nkafka: {every_second: 60}\n",
            "test.yaml:2: kafka.every_second: unknown key; given: every_second; "
            "expected: one of cluster_arn, every_seconds, serverless; to fix: write every_seconds",
            id="a misspelt key",
        ),
        pytest.param(
            "owner: x\nkafka:\n  serverless: false\n  topics: all\n",
            "test.yaml:4: kafka.topics: unknown key; given: topics; "
            f"expected: one of cluster_arn, every_seconds, serverless; to fix: remove it; {MANUAL}",
            id="an unknown key",
        ),
        pytest.param(
            "owner: x\ngovernance:\n  roles:\n    analyst: {clearence: internal}\n",
            "test.yaml:4: governance.roles.analyst.clearence: unknown key; given: clearence; "
            "expected: one of clearance, iam_role; to fix: write clearance",
            id="a misspelt key below a name",
        ),
        pytest.param(
            "owner: x\nreplica: {}\n",
            f"test.yaml:2: replica.region: missing; expected: a value for region; to fix: {MANUAL}",
            id="a missing key",
        ),
        pytest.param(
            "# nothing\n",
            f"test.yaml:1: owner: missing; expected: a value for owner; to fix: {MANUAL}",
            id="no key at all",
        ),
        pytest.param(
            "owner: x\nspark: {driver: {cores: 3}}\n",
            f"test.yaml:2: spark.driver: a worker has 1, 2, 4, 8, 16 vCPUs, and not 3; to fix: {MANUAL}",
            id="settings that do not fit each other",
        ),
        pytest.param(
            "owner: x\nkafka:\n  every_seconds: 60\n",
            "test.yaml:1: the settings together: the applications may take 32 vCPUs at once, and the account's quota "
            "is 16: lower maximum_vcpu, or have the quota raised and say so in account.vcpu_quota; "
            f"to fix: {MANUAL}",
            id="parts that do not fit each other",
        ),
        pytest.param(
            "name: prod\nowner: x\n",
            "test.yaml:1: name: it is the file's; given: 'prod'; expected: test; "
            "to fix: remove the key; another environment is another file",
            id="the name of another environment",
        ),
        *[
            pytest.param(
                f"owner: x\n{root}: {place}\n",
                f"test.yaml:2: {root}: a bucket is wanted; given: '{place}'; expected: s3://BUCKET or "
                "s3://BUCKET/PREFIX; to fix: name a bucket; a folder on this machine is given by --root",
                id=place,
            )
            for root, place in {"lake_root": "house-lake", "landing_root": "S3://house", "pii_root": "/data"}.items()
        ],
        *[
            pytest.param(text, f"test.yaml:{said}", id=said)
            for text, said in {
                "account: {closes_new_tables: false}\nowner: x\naccount: {}\n": (
                    "3: not YAML: the key account is written twice; expected: YAML 1.1"
                ),
                "owner: x\nspark:\n  steps: {}\n  steps: {}\n": (
                    "4: not YAML: the key steps is written twice; expected: YAML 1.1"
                ),
                "owner: x\n\tdashboard: true\n": (
                    "2: not YAML: found a tab character that violates indentation; expected: YAML 1.1"
                ),
                "owner: x\nalarm_email: to: me\n": (
                    "2: not YAML: mapping values are not allowed in this context; expected: YAML 1.1"
                ),
                "owner: x\n---\nowner: y\n": "2: not YAML: but found another document; expected: YAML 1.1",
                "- owner: x\n": (
                    f"1: no settings; given: [{{'owner': 'x'}}]; expected: keys with values; to fix: {MANUAL}"
                ),
            }.items()
        ],
    ],
)
def test_a_bad_environment_file_is_refused_with_its_line(tmp_path, monkeypatch, text, expected):
    assert expected == refused(tmp_path, monkeypatch, text.encode())


def test_an_environment_file_of_another_encoding_is_refused(tmp_path, monkeypatch):
    message = refused(tmp_path, monkeypatch, "log_retention_days: 30\nowner: Müller\n".encode("latin-1"))

    assert "test.yaml:2: not UTF-8; given: the byte 0xfc; expected: UTF-8" == message


@pytest.mark.parametrize(
    "at, given, expected",
    [
        ("spark.max_executors", "0", "greater than or equal to 1"),
        ("spark.max_executors", "many", "a whole number"),
        ("spark", "large", "keys with values"),
        ("sources", "[ecb]", "keys with values"),
        ("sources.ecb", "8080", "text; what looks like another value is put in quotes"),
        ("prices.vcpu_hour", "cheap", "a number"),
        ("dashboard", "3", "true or false"),
        ("log_retention_days", "100", ", ".join(map(str, get_args(LogDays)[:-1])) + " or 3653"),
        ("access.consumer", "all", "'iam', 'full_table' or 'fine_grained'"),
        ("owner", "R&D", "text of the form ^[A-Za-z0-9 /_.:=+@-]{1,256}$"),
        ("owner", "Müller", "text of the form ^[A-Za-z0-9 /_.:=+@-]{1,256}$"),
        ("alarm_email", "nobody", r"text of the form ^[^@\s]+@[^@\s]+\.[^@\s]+$"),
        ("vpc.zones", "eu-west-1a", "a list"),
        ("vpc.zones", "[a-1a, a-1b, a-1c, a-1d]", "3 of them at most"),
    ],
)
def test_a_value_of_another_form_is_refused_with_the_form(tmp_path, monkeypatch, at, given, expected):
    *above, key = at.split(".")
    text = "".join(f"{'  ' * i}{part}:\n" for i, part in enumerate(above)) + f"{'  ' * len(above)}{key}: {given}\n"

    assert (
        f"test.yaml:{at.count('.') + 2}: {at}: bad value; given: {yaml.safe_load(given)!r}; expected: {expected}; "
        f"to fix: {MANUAL}"
    ) == refused(tmp_path, monkeypatch, f"---\n{text}{OWNER if at != 'owner' else ''}".encode())


@pytest.mark.parametrize(
    "at, given, expected",
    [
        ("keys.lake", "alias/lake", "the ARN of a key is wanted, arn:aws:kms:REGION:ACCOUNT:key/ID, and no alias"),
        ("account.role_path", "house/", "a path of roles begins and ends with a slash, as /house/lake/"),
        (
            "daily_batch.time_zone",
            "Europe/Amsterdm",
            "the name of a time zone is wanted, as Europe/Amsterdam or Etc/UTC",
        ),
        ("vpc.zones", "[a-1a, a-1a]", "each is named once, and here are a-1a, a-1a"),
        *[
            (
                "maintenance.cron",
                cron,
                (
                    "cron(MINUTES HOURS DAY-OF-MONTH MONTH DAY-OF-WEEK YEAR) is wanted, with ? as one of the two days, "
                    "as cron(0 4 * * ? *)"
                ),
            )
            for cron in ("0 4 * * ? *", "cron(0 4 * * ?)", "cron(0 4 * * * *)", "cron(0 4 ? * ? *)", "rate(1 day)")
        ],
        *[
            ("maintenance.cron", cron, f"{said} in {cron}, and may be {values}, as cron(0 4 * * ? *)")
            for cron, said, values in (
                ("cron(61 4 * * ? *)", "MINUTES is 61", "0 to 59"),
                ("cron(0 25 * * ? *)", "HOURS is 25", "0 to 23"),
                ("cron(0 4 32 * ? *)", "DAY-OF-MONTH is 32", "1 to 31"),
                ("cron(0 4 ? * FOO *)", "DAY-OF-WEEK is FOO", "1 to 7"),
                ("cron(0 4/0 * * ? *)", "HOURS is 4/0", "0 to 23"),
                ("cron(0 4 * 1-13 ? *)", "MONTH is 1-13", "1 to 12"),
            )
        ],
        (
            "vpc.cidr",
            "10.64.1.0/20",
            "the first address of a network and its length are wanted, as 10.64.0.0/20: 10.64.1.0/20 has host bits set",
        ),
    ],
)
def test_a_value_that_aws_does_not_know_is_refused_with_what_is_wanted(tmp_path, monkeypatch, at, given, expected):
    above, key = at.split(".")

    assert f"test.yaml:2: {at}: {expected}; given: {yaml.safe_load(given)!r}; to fix: {MANUAL}" == refused(
        tmp_path, monkeypatch, f"{above}:\n  {key}: {given}\n{OWNER}".encode()
    )


@pytest.mark.parametrize("step", ["refined", "erase", "smoke"])
def test_sizes_are_given_to_steps_of_a_run_alone(tmp_path, monkeypatch, step):
    known = "one of ingest, refine, build, publish, reconcile, record, maintain"

    assert (
        f"test.yaml:1: spark.steps.{step}: {step} is no step of a run: {known}; given: '{step}'; to fix: {MANUAL}"
    ) == refused(tmp_path, monkeypatch, f"spark: {{steps: {{{step}: {{}}}}}}\n{OWNER}".encode())


def refused(folder, monkeypatch, content):
    """The message about an environment's file."""
    (folder / "test.yaml").write_bytes(content)
    monkeypatch.setattr(config_model, "FOLDER", folder)
    with pytest.raises(TerminalError) as caught:
        load_environment("test")
    return str(caught.value)


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
        if brings_up_to_date(machine)
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
