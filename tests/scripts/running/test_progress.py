"""Without a terminal, progress is printed line by line, whatever the lines contain."""

import io

import pytest
from rich.console import Console

from scripts.running.progress import Progress
from shared.jobs import OUTCOME_MARK, Failure, Status, Step, TableOutcome


@pytest.mark.parametrize(
    "message",
    [
        "no such columns: [order_id, line_id]",
        "no such file: [/tmp/x]",
        "a [red]mark[/red] and a :key:",
        "[/] \\[",
        "",
        "\nthe second line",
    ],
)
def test_errors_are_told_as_they_are(tmp_path, message):
    failed = TableOutcome(
        table="silver.orders",
        step=Step.REFINE,
        status=Status.FAILED,
        failure=Failure(error="SourceContentError", message=message, retryable=False),
    )
    done = TableOutcome(table="silver.stores", step=Step.REFINE, status=Status.SUCCEEDED, inserted=3)
    told, log = io.StringIO(), tmp_path / "driver.log"
    with Progress(Console(file=told, width=40), log):
        log.write_text("".join(f"{OUTCOME_MARK}{outcome.model_dump_json()}\n" for outcome in (failed, done)))

    lines = [
        f"{'silver.orders':<29} failed    SourceContentError: {message.partition(chr(10))[0]}".rstrip(),
        f"{'silver.stores':<29} succeeded 3 new",
    ]
    assert [" " * 10 + line for line in lines] == told.getvalue().splitlines()
