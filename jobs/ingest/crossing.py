"""How errors of the house come out of Spark's Python workers, where only a text survives."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shared import errors
from shared.errors import LakewrightError, RetryableError, TerminalError

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "lakewright-error:"


class CrossingError(Exception):
    """An error of the house on its way out of a worker, written so that it can be read out of any traceback."""

    def __init__(self, error: LakewrightError) -> None:
        parts = {"what": error.what, "given": error.given, "expected": error.expected, "mend": error.mend}
        facts = {"class": type(error).__name__, "retryable": error.retryable, "parts": parts}
        super().__init__(MARK + json.dumps(facts))


@contextmanager
def crossing() -> Iterator[None]:
    """Make the errors of the house that leave a worker readable on the other side.

    Raises:
        CrossingError: in place of a LakewrightError.
    """
    try:
        yield
    except LakewrightError as error:
        raise CrossingError(error) from None


def arrived(error: BaseException, about: str) -> LakewrightError | None:
    """The error of the house that an exception of Spark carries, None when it carries none.

    Args:
        error: What an action raised.
        about: The table that was read, put in front of the error's words.
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
