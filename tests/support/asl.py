"""Reads state machine files as data: their states, transitions and tokens."""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from scripts.setup import paths
from shared.asl_tokens import OF_STEPS, Token
from shared.backfill import BACKFILL_MACHINE
from shared.jobs import Step, steps_of
from shared.names import Machine
from shared.smoke import SMOKE_MACHINE

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = paths.ROOT / "step_functions"
TOKEN = re.compile(r"\$\{(\w+)\}")


def file_of(machine: str) -> Path:
    """The file with a machine's states."""
    name = Machine(machine).definition if machine in set(Machine) else machine
    return FOLDER / f"{name}.asl.json"


def files() -> list[Path]:
    """Every state machine of the repository."""
    return sorted(FOLDER.glob("*.asl.json"))


def definition(file: Path, tokens: dict[str, str] | None = None) -> dict[str, Any]:
    """A definition, as in the file, or with its tokens replaced as by CloudFormation."""
    text = file.read_text()
    for name, value in (tokens or {}).items():
        text = text.replace("${" + name + "}", value)
    return dict(json.loads(text))


def levels(states: dict[str, Any]) -> list[dict[str, Any]]:
    """The states of a machine, and separately those inside each of its Maps, which have their own start and end."""
    inside = [state["ItemProcessor"]["States"] for state in states.values() if state["Type"] == "Map"]
    return [states, *(level for processor in inside for level in levels(processor))]


def ways(state: dict[str, Any]) -> set[str]:
    """The states that may follow a state."""
    choices = [choice["Next"] for choice in state.get("Choices", [])]
    catches = [catch["Next"] for catch in state.get("Catch", [])]
    return {*choices, *catches, *(state[key] for key in ("Next", "Default") if key in state)}


def tokens_of(machine: str) -> set[Token]:
    """The tokens that a machine uses: those of its own steps, and all others except those of the backfill."""
    of_backfill = {Token.ON_BACKFILL_REQUESTED_ARN, Token.DAILY_BATCH_ARN, Token.SALESFORCE_INGESTION_ARN}
    if machine == BACKFILL_MACHINE:
        return {Token.PARTITION, Token.JOB_TIMEOUT_MINUTES, *of_backfill}
    own = (Step.SMOKE,) if machine == SMOKE_MACHINE else steps_of(Machine(machine))
    used = set(Token) - of_backfill - set(chain(*OF_STEPS.values())) | set(chain(*(OF_STEPS[step] for step in own)))
    of_runs = {Token.MACHINE, Token.ON_RUN_REQUESTED_ARN, Token.ON_STEPS_FINISHED_ARN}
    return used - of_runs if machine == SMOKE_MACHINE else used
