"""The machines deployed on this computer, with real functions and templates, and jobs that only report."""

import uuid
from types import SimpleNamespace

import pytest

from scripts.local.account import LocalAccount
from scripts.local.executions import Happening
from shared.jobs import Step
from shared.names import Machine
from tests.support.cloud import synthesize
from tests.support.teller import Teller


@pytest.fixture(scope="module")
def laptop(tmp_path_factory):
    """The local environment, deployed, and the stand-in that runs its jobs."""
    root = tmp_path_factory.mktemp("lake")
    cloud = synthesize("local", tmp_path_factory.mktemp("cloud") / "out", root=root)
    teller = Teller(root)
    with LocalAccount(teller, port=None) as account:
        machine = account.deploy(cloud.folder, "lakewright-local")["DailyBatchArn"]
        yield account, machine, teller


@pytest.fixture
def run(laptop, monkeypatch):
    """Run a machine with jobs that behave as told; gives how it ended, the states it passed, and the jobs."""
    from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl

    monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=lambda _seconds: None))
    account, daily, teller = laptop

    def start(given=None, of=Machine.DAILY_BATCH, **behaviour):
        teller.behaviour, teller.jobs = {Step(step): how for step, how in behaviour.items()}, []
        machine = daily.replace(Machine.DAILY_BATCH, of)
        execution = account.start(machine, given or {}, name=f"run-{uuid.uuid4().hex[:8]}")
        events = list(account.events(execution))
        return account.wait(execution), [e.state for e in events if e.happening is Happening.ENTERED], teller

    return start
