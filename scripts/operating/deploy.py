"""Deploys an environment with the CDK's command line, and tests it with a run."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from scripts.operating.executions import run_to_its_end
from scripts.operating.outputs import stack_outputs
from scripts.setup import paths
from scripts.setup.launch import runtime_environment
from shared.errors import TerminalError

if TYPE_CHECKING:
    from shared.config import Environment

MACHINE_OUTPUT = "DailyBatchArn"


def run_cdk(*words: str) -> int:
    """Call the CDK's command line, which uses the terminal itself, and return its exit code."""
    command = [paths.NODE, paths.CDK_CLI, *words]
    return subprocess.run(command, cwd=paths.ROOT, env={**os.environ, **runtime_environment()}, check=False).returncode


def cdk(environment: Environment, *words: str, mend: str) -> None:
    """Call the CDK's command line for an environment; `mend` is the error's advice if it fails.

    Raises:
        TerminalError: it returned another exit code than 0.
    """
    if code := run_cdk(*words, "--context", f"env={environment.name}"):
        raise TerminalError(
            f"cdk {words[0]} failed for {environment.name}",
            given=f"exit code {code}",
            expected="the reason above",
            mend=mend,
        )


def trial_run(environment: Environment) -> str:
    """Run the daily batch with the console's default input, wait for its end, and return the execution's ARN.

    Raises:
        TerminalError: the run did not succeed.
    """
    outputs = stack_outputs(environment)
    mend = "./lake runs --root <LakeRoot of the stack> says which table; the console has the execution"
    return run_to_its_end(outputs[MACHINE_OUTPUT], mend=mend)[0]
