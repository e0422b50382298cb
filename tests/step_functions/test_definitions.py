"""Every state machine file is well-formed and complete, and uses the names of this project."""

import json
import re
import subprocess

import pytest

from scripts.setup import paths
from shared import errors
from shared.asl_tokens import OF_STEPS
from shared.backfill import BACKFILL_MACHINE
from shared.jobs import Step
from shared.names import Machine
from shared.smoke import SMOKE_MACHINE
from tests.support.asl import TOKEN, definition, file_of, files, levels, tokens_of, ways

MACHINES = (*Machine, BACKFILL_MACHINE, SMOKE_MACHINE)
# Errors that AWS raises: by Step Functions itself, by the Lambda service, by EMR Serverless.
OF_AWS = re.compile(r"(States|Lambda|EMRServerless|StepFunctions)\.\w+")


@pytest.fixture(params=files(), ids=lambda file: file.name)
def file(request):
    return request.param


@pytest.fixture
def states(file):
    """All states, those inside a Map too; their names are unique."""
    inside = levels(definition(file)["States"])
    found = {name: state for level in inside for name, state in level.items()}
    assert sum(map(len, inside)) == len(found)
    return found


@pytest.fixture
def tasks(states):
    return {name: state for name, state in states.items() if state["Type"] == "Task"}


def test_every_machine_has_a_file_and_every_file_a_machine():
    assert {file_of(machine) for machine in MACHINES} == set(files())


def test_file_is_json_before_its_tokens_are_replaced(file):
    assert "JSONata" == json.loads(file.read_text())["QueryLanguage"]


def test_asl_validator_finds_nothing(file, tmp_path):
    """It accepts ARNs of tasks only in the one partition that it knows."""
    placed = tmp_path / file.name
    placed.write_text(json.dumps(definition(file, {"partition": "aws"})))
    validator = [paths.NODE, paths.ASL_VALIDATOR, "--json-path", placed]
    finished = subprocess.run(validator, capture_output=True, text=True, check=False)

    assert 0 == finished.returncode, finished.stdout + finished.stderr


def test_interpreter_of_the_laptop_reads_it(file):
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

    program, _ = AmazonStateLanguageParser.parse(file.read_text())

    assert definition(file)["StartAt"] == program.start_at.start_at_name


def test_tokens_used_are_those_that_are_given(file):
    used = set(TOKEN.findall(file.read_text()))

    assert {} == {m: used ^ wanted for m in MACHINES if file_of(m) == file and (wanted := set(tokens_of(m))) != used}


def test_job_run_works_under_the_role_and_with_the_workers_of_its_step(tasks):
    for name, task in tasks.items():
        if "ExecutionRoleArn" in task["Arguments"]:
            submitted = task["Arguments"]["JobDriver"]["SparkSubmit"]
            said = re.search(r"'step': '(\w+)'", str(submitted["EntryPointArguments"]))
            # A submission without a job is one that is meant to fail.
            of_step = OF_STEPS[Step(said[1]) if said else Step.SMOKE]

            assert f"${{{of_step.role}}}" == task["Arguments"]["ExecutionRoleArn"], name
            assert not said or f"${{{of_step.submit}}}" == submitted["SparkSubmitParameters"], name


def test_the_client_token_is_unique_to_a_try_of_a_job_run_and_is_its_attempt(tasks):
    """With one word less, EMR would answer a second try with the first one's run; an item of a Map has its index."""
    words = {
        *(f"Execution.{word}" for word in ("Id", "RedriveCount")),
        *(f"State.{word}" for word in ("Name", "EnteredTime", "RetryCount")),
    }
    for name, task in tasks.items():
        if "startJobRun" in task["Resource"]:
            token = task["Arguments"]["ClientToken"]
            arguments = str(task["Arguments"]["JobDriver"]["SparkSubmit"].get("EntryPointArguments", ""))

            assert words == set(re.findall(r"\$states\.context\.([\w.]+)", token)), name
            assert "'attempt'" not in arguments or token.strip("{%} ") in arguments, name


def test_every_transition_leads_to_a_state_of_its_level(file):
    levels_of_file = levels(definition(file)["States"])

    assert [] == [n for level in levels_of_file for n, state in level.items() if ways(state) - set(level)]


def test_every_state_can_be_reached(file, states):
    maps = [state["ItemProcessor"] for state in states.values() if state["Type"] == "Map"]
    reached, waiting = set(), {definition(file)["StartAt"], *(inside["StartAt"] for inside in maps)}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= ways(states[name]) - reached

    assert set(states) == reached


def test_every_path_reaches_an_end(states):
    assert {} == {name: state["Type"] for name, state in states.items() if not ways(state) and not _ends(state)}


def _ends(state):
    return state["Type"] in {"Succeed", "Fail"}


@pytest.mark.parametrize("field", ["TimeoutSeconds", "Retry", "Catch", "Comment"])
def test_every_task_has_a_timeout_retries_a_catch_and_a_comment(tasks, field):
    assert [] == [name for name, task in tasks.items() if not task.get(field)]


def test_names_of_states_are_sentences(states):
    assert [] == [name for name in states if not re.fullmatch(r"[A-Z][a-z]+( \w+)+\??", name)]


def test_retried_and_caught_errors_exist(tasks):
    named = {
        error for task in tasks.values() for rule in [*task["Retry"], *task["Catch"]] for error in rule["ErrorEquals"]
    }

    assert set() == {error for error in named if not OF_AWS.fullmatch(error) and not hasattr(errors, error)}


def test_retries_end_with_everything_and_spread_out(tasks):
    for name, task in tasks.items():
        *_, last = task["Retry"]
        retrying = [rule for rule in task["Retry"] if rule["MaxAttempts"]]

        assert ["States.ALL"] == last["ErrorEquals"], name
        assert {"FULL"} == {rule["JitterStrategy"] for rule in retrying}, name
        assert ["States.ALL"] == task["Catch"][-1]["ErrorEquals"], name


def test_red_ends_name_an_error_of_shared_errors(states):
    assert all(hasattr(errors, state["Error"]) for state in states.values() if state["Type"] == "Fail")


def test_functions_called_exist(tasks):
    called = {
        task["Arguments"]["FunctionName"].removeprefix("${").removesuffix("_arn}")
        for task in tasks.values()
        if task["Resource"].endswith("lambda:invoke")
    }

    assert set() == {name for name in called if not (paths.ROOT / "lambdas" / name / "handler.py").is_file()}
