import pytest

from scripts.local import executions
from scripts.local.executions import Event, Happening, Status
from scripts.local.job_runs import JobResult
from shared.errors import TerminalError

FAIL = {"Type": "Fail", "Error": "StepFailedError", "Cause": "silver.orders: gate closed"}


def told(events):
    return [(event.happening, event.state) for event in events]


def test_events_tell_what_happens_in_order(account, start_of):
    execution = start_of({"First": {"Type": "Pass", "Next": "Second"}, "Second": {"Type": "Pass", "End": True}})

    events = list(account.events(execution))

    assert [
        (Happening.ENTERED, "First"),
        (Happening.EXITED, "First"),
        (Happening.ENTERED, "Second"),
        (Happening.EXITED, "Second"),
        (Happening.ENDED, ""),
    ] == told(events)
    assert sorted(event.seconds for event in events) == [event.seconds for event in events]


def test_events_come_while_the_execution_runs(account, start_of):
    execution = start_of({"Wait": {"Type": "Wait", "Seconds": 60, "End": True}})

    first = next(account.events(execution))

    assert (Happening.ENTERED, "Wait") == (first.happening, first.state)
    account.stop(execution)


def test_a_failed_try_is_told_with_its_state_error_and_cause(account, start_of, fresh_runner):
    fresh_runner.answer = lambda _run: JobResult(1, "no")
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:glue:getTable", "End": True}
    task |= {"Arguments": {"DatabaseName": "none", "Name": "none"}}

    events = list(account.events(start_of({"Read": task})))

    failed = next(event for event in events if event.happening is Happening.FAILED)
    assert ("Read", "Glue.EntityNotFoundException") == (failed.state, failed.error)
    assert "not found" in failed.cause
    assert isinstance(events[-1], Event)
    assert (Happening.ENDED, "Glue.EntityNotFoundException") == (events[-1].happening, events[-1].error)


def test_waiting_gives_the_outcome(account, start_of):
    outcome = account.wait(start_of({"Stop": FAIL}))

    assert (Status.FAILED, "StepFailedError", "silver.orders: gate closed") == (
        outcome.status,
        outcome.error,
        outcome.cause,
    )


def test_stopping_gives_the_reason(account, start_of):
    outcome = account.stop(start_of({"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}), "ctrl-c")

    assert (Status.ABORTED, "ctrl-c") == (outcome.status, outcome.cause)


def test_all_that_runs_can_be_stopped(account, start_of):
    waiting = {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}
    running = [start_of(waiting) for _ in range(2)]
    ended = start_of({"Say": {"Type": "Succeed"}})
    account.wait(ended)

    executions.stop_all("closing")

    assert [Status.ABORTED] * 2 == [executions.outcome(execution).status for execution in running]
    assert Status.SUCCEEDED == executions.outcome(ended).status


def test_a_name_can_be_used_once(account, start_of):
    execution = start_of({"Say": {"Type": "Succeed"}})
    account.wait(execution)
    machine, _, name = execution.replace(":execution:", ":stateMachine:").rpartition(":")

    with pytest.raises(TerminalError, match=f"the execution {name} could not be started"):
        account.start(machine, {}, name=name)


def test_an_execution_that_another_one_starts_has_begun_or_never_will(account, start_of):
    child = start_of({"Wait": {"Type": "Pass", "End": True}})
    ended = start_of({"Stop": FAIL})
    running = start_of({"Wait": {"Type": "Wait", "Seconds": 60, "End": True}})

    assert executions.begun(child, running)
    assert not executions.begun(child + "-none", ended)
    account.stop(running)
