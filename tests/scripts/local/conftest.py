"""One account per module, without a port: it is started once, and nothing leaves the process."""

from __future__ import annotations

import json
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scripts.local.account import LocalAccount
from scripts.local.clients import ACCOUNT, client
from scripts.local.job_runs import JobResult, JobRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"


class RecordingRunner:
    """Runs job runs by calling a function, and records them in order."""

    parallel = 2

    def __init__(self) -> None:
        self.runs: list[JobRun] = []
        self.cancelled: list[str] = []
        self.answer: Callable[[JobRun], JobResult] = lambda _run: JobResult(0)
        self.released = threading.Event()

    def run(self, job_run: JobRun) -> JobResult:
        self.runs.append(job_run)
        return self.answer(job_run)

    def cancel(self, job_run_id: str) -> None:
        self.cancelled.append(job_run_id)
        self.released.set()


@pytest.fixture(scope="module")
def runner() -> RecordingRunner:
    return RecordingRunner()


@pytest.fixture(scope="module")
def account(runner: RecordingRunner) -> Iterator[LocalAccount]:
    with LocalAccount(runner, port=None) as opened:
        yield opened


@pytest.fixture
def fresh_runner(runner: RecordingRunner) -> RecordingRunner:
    RecordingRunner.__init__(runner)
    return runner


@pytest.fixture
def start_of(account: LocalAccount) -> Callable[..., str]:
    """Start a machine with these states, beginning with the first, and return the execution."""

    def start(states: dict[str, Any], given: Any = None, **fields: Any) -> str:
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **fields}
        name = uuid.uuid4().hex
        text = json.dumps(definition)
        arn = client("stepfunctions").create_state_machine(name=name, definition=text, roleArn=ROLE)["stateMachineArn"]
        return account.start(arn, given or {}, name=name)

    return start


@pytest.fixture
def run_machine(account: LocalAccount, start_of: Callable[..., str]) -> Callable[..., Any]:
    """Run a machine with these states to its end, and return the outcome."""

    def run(states: dict[str, Any], given: Any = None, **fields: Any) -> Any:
        return account.wait(start_of(states, given, **fields))

    return run


@pytest.fixture
def write_assembly(tmp_path: Path) -> Callable[..., Path]:
    """Write a cloud assembly with one stack `lake` from a template, and file assets by their source name."""

    def write(template: dict[str, Any], assets: dict[str, str] | None = None) -> Path:
        files = {
            name: {
                "source": {"path": name, "packaging": "file"},
                "destinations": {"here": {"bucketName": "assets", "objectKey": name}},
            }
            for name in assets or {}
        }
        for name, text in (assets or {}).items():
            (tmp_path / name).write_text(text)
        stack = {"templateFile": "lake.template.json", "stackName": "lake"}
        artifacts = {
            "lake": {"type": "aws:cloudformation:stack", "properties": stack, "dependencies": ["lake.assets"]},
            "lake.assets": {"type": "cdk:asset-manifest", "properties": {"file": "lake.assets.json"}},
        }
        (tmp_path / "lake.template.json").write_text(json.dumps(template))
        (tmp_path / "lake.assets.json").write_text(json.dumps({"files": files}))
        (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
        return tmp_path

    return write
