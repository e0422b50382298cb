"""An error of the house survives the way out of a Python worker, as the text of a traceback."""

import traceback

import pytest

from jobs.ingest.worker_errors import WorkerError, error_from_worker, errors_to_driver, known_error
from shared.errors import SourceContentError, SourceUnavailableError, TerminalError, UnknownNameError


def crossed(error: Exception) -> str:
    with pytest.raises(WorkerError) as found, errors_to_driver():
        raise error
    return "".join(traceback.format_exception(found.value))


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(SourceUnavailableError("no answer", given='a "quote"\nand {braces}', mend="wait"), id="retryable"),
        pytest.param(SourceContentError("bad", expected="é"), id="terminal"),
        pytest.param(TerminalError("plain"), id="root of a family"),
    ],
)
def test_an_error_arrives_as_it_left(error):
    found = error_from_worker(
        RuntimeError("Job aborted:\n" + crossed(error) + "\n\tat org.apache.spark.Something {x}"), "t"
    )
    assert (type(error), f"t: {error}", error.mend) == (type(found), str(found), found.mend)


def test_an_error_with_arguments_of_its_own_arrives_as_its_family():
    found = error_from_worker(RuntimeError(crossed(UnknownNameError("table", "x", ["y"]))), "t")
    assert (TerminalError, "t: unknown table; given: 'x'; expected: one of y") == (type(found), str(found))


def test_other_errors_pass_as_they_are():
    with pytest.raises(KeyError), errors_to_driver():
        raise KeyError("x")
    assert error_from_worker(KeyError("x"), "t") is None


def test_an_error_of_the_house_is_known_from_a_worker_or_not_and_any_other_is_none():
    error = SourceUnavailableError("no answer")
    assert known_error(error, "t") is error
    assert "t: no answer" == str(known_error(RuntimeError(crossed(error)), "t"))
    assert known_error(RuntimeError("x"), "t") is None


def test_the_first_error_is_not_shown_beside_the_crossing_one():
    with pytest.raises(WorkerError) as found, errors_to_driver():
        raise TerminalError("x")
    assert found.value.__suppress_context__
