"""A machine is run to its end, and a red end comes with advice."""

from types import SimpleNamespace

import pytest

from scripts.operating import deploy, executions, smoke
from shared.config import load_environment
from shared.errors import TerminalError

ENDED = {"status": "FAILED", "error": "StepFailedError", "cause": "refine"}
OUTPUTS = {"DailyBatchArn": "arn:of-the-daily-batch", "SmokeArn": "arn:of-smoke", "LakeRoot": "s3://lake"}


@pytest.fixture
def red(monkeypatch):
    """An account whose every execution ends red."""
    states = SimpleNamespace(
        start_execution=lambda **_: {"executionArn": "arn:of-its-run"}, describe_execution=lambda **_: ENDED
    )
    monkeypatch.setattr(executions.boto3, "client", lambda _: states)
    for module in (deploy, smoke):
        monkeypatch.setattr(module, "stack_outputs", lambda _: OUTPUTS)


@pytest.mark.usefixtures("red")
@pytest.mark.parametrize(
    "start, told",
    [
        pytest.param(deploy.trial_run, "./lake runs", id="a batch leaves its tables in the ledger"),
        pytest.param(
            lambda environment: smoke.smoke(environment, None), "SPARK_DRIVER/stderr", id="a smoke run does not"
        ),
    ],
)
def test_red_end_says_where_that_machine_is_looked_into(start, told):
    with pytest.raises(TerminalError, match="ended FAILED") as red_end:
        start(load_environment("prod"))

    assert told in red_end.value.mend
