"""Carries LakewrightErrors out of Spark's Python workers, of whose exceptions only the text reaches the driver."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shared import errors
from shared.errors import LakewrightError, RetryableError, TerminalError

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "lakewright-error:"


class WorkerError(Exception):
    """A LakewrightError as JSON behind a mark, so that the driver can find it in any traceback."""

    def __init__(self, error: LakewrightError) -> None:
        parts = {"what": error.what, "given": error.given, "expected": error.expected, "mend": error.mend}
        facts = {"class": type(error).__name__, "retryable": error.retryable, "parts": parts}
        super().__init__(MARK + json.dumps(facts))


@contextmanager
def errors_to_driver() -> Iterator[None]:
    """Raise the LakewrightErrors of the block in the form that `error_from_worker` reads; for code in a worker.

    Raises:
        WorkerError: in place of a LakewrightError.
    """
    try:
        yield
    except LakewrightError as error:
        raise WorkerError(error) from None


def known_error(error: Exception, about: str) -> LakewrightError | None:
    """The LakewrightError behind an exception that an action on a Reading's rows raised; None when no reader raised it.

    Args:
        error: The exception.
        about: The table that was read; an error out of a worker begins with it.
    """
    return error if isinstance(error, LakewrightError) else error_from_worker(error, about)


def error_from_worker(error: BaseException, about: str) -> LakewrightError | None:
    """The LakewrightError that a worker raised, out of the exception that Spark made of it; None when there is none.

    Args:
        error: What a Spark action raised.
        about: The table that was read; the error begins with it.
    """
    text = str(error)
    found = text.find(MARK)
    if found < 0:
        return None
    facts, _ = json.JSONDecoder().raw_decode(text, found + len(MARK))
    parts = facts["parts"]
    kind = _class_of(facts["class"], retryable=facts["retryable"])
    return kind(f"{about}: {parts['what']}", given=parts["given"], expected=parts["expected"], mend=parts["mend"])


def _class_of(name: str, *, retryable: bool) -> type[LakewrightError]:
    known = getattr(errors, name, None)
    if known is not None and known.__init__ is LakewrightError.__init__:
        kind: type[LakewrightError] = known
        return kind
    return RetryableError if retryable else TerminalError
