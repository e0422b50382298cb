"""Every machine goes the way of the daily batch, with tables of its own."""

import copy
import json

import pytest

from shared.jobs import Job
from shared.names import Machine
from tests.support.asl import FOLDER, definition


def states_of(machine):
    return definition(FOLDER / f"{machine}.asl.json")["States"]


def without_machine(states):
    plain = copy.deepcopy(states)
    named = plain["Accept the request"]["Assign"]["job"].pop("machine")
    return named, json.dumps(plain, sort_keys=True)


@pytest.mark.parametrize("machine", Machine)
def test_states_are_those_of_the_daily_batch_but_for_the_machines_name(machine):
    _, expected = without_machine(states_of(Machine.DAILY_BATCH))
    named, states = without_machine(states_of(machine))

    assert (machine, expected) == (named, states)


@pytest.mark.parametrize("machine", Machine)
def test_a_job_knows_its_machine(machine):
    given = states_of(machine)["Accept the request"]["Assign"]["job"]

    assert (
        machine
        is Job.model_validate(
            {"step": "ingest", "run_id": "r", "attempt": "a", "business_date": "2026-01-01"}
            | {key: given[key] for key in ("env", "lake_root", "pii_root", "landing_root", "machine")}
        ).machine
    )
