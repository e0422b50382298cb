"""All machines but `maintenance` share their states; it has one step of its own, and otherwise the same."""

import json

import pytest

from shared.asl_tokens import Token
from shared.jobs import UPKEEP_STEPS, Job
from shared.names import Machine
from tests.support.asl import definition, file_of


def states_of(machine):
    return definition(file_of(machine), {Token.MACHINE.value: machine})["States"]


def test_maintenance_has_one_task_instead_of_the_data_steps_and_otherwise_the_same_states():
    daily, own = states_of(Machine.DAILY_BATCH), states_of(Machine.MAINTENANCE)
    task = json.dumps(daily["Ingest the sources"]).replace("ingest", "maintain")
    same = {"Comment": own["Maintain the tables"]["Comment"], "Next": "Record the versions"}

    assert {**json.loads(task), **same} == own.pop("Maintain the tables")
    expected = {name: daily[name] for name in own}
    expected["Is this run known already?"]["Default"] = "Maintain the tables"
    expected["Judge the run"]["Arguments"]["Payload"]["steps"] = list(UPKEEP_STEPS)
    accepting = expected["Accept the request"]
    accepting["Arguments"]["Payload"]["machine"] = Machine.MAINTENANCE
    job = accepting["Assign"]["job"]
    of_sources = [job.pop(name) for name in ("replay", "window")]
    job |= {"machine": Machine.MAINTENANCE, "rollback": of_sources[0].replace("replay", "rollback")}
    assert expected == own


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
