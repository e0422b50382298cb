"""Why a table failed, in words that may be stored: an exception of a library may quote the row that caused it."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from jobs.runtime.pinned import LOST
from shared.errors import LakewrightError
from shared.jobs import Failure

if TYPE_CHECKING:
    from shared.contracts import Table

MESSAGE_LENGTH = 2000
# Spark's error conditions are in capitals, as DIVIDE_BY_ZERO or CAST_INVALID_INPUT.SUB; values do not look like that.
CONDITION = re.compile(r"\[([A-Z][A-Z0-9_]*(?:\.[A-Z][A-Z0-9_]*)*)\]")
DEEPEST = 10


def failure_of(error: Exception, table: Table) -> Failure:
    """The failure that a table's outcome records for an exception.

    A LakewrightError is recorded whole, since its words are ours. Of any other exception, if the table meets personal
    data, only the classes and Spark's conditions are recorded.
    """
    retryable = error.retryable if isinstance(error, LakewrightError) else LOST in str(error)
    text = str(error) if isinstance(error, LakewrightError) or not table.meets_personal else without_values(error)
    return Failure(error=type(error).__name__, message=text[:MESSAGE_LENGTH], retryable=retryable)


def without_values(error: BaseException) -> str:
    """A message with the kind of an exception, which says that its own words are withheld."""
    kinds = " < ".join(dict.fromkeys(_kinds(error)))
    return f"{kinds}; its words are withheld, because the table meets personal data and they may quote it"


def frames_of(error: BaseException) -> str:
    """The stack frames of an exception and of those that it was raised from, never their messages."""
    lines, known = [], set[int]()
    link: BaseException | None = error
    while link is not None and id(link) not in known:
        known.add(id(link))
        lines += [f"{type(link).__name__} at", *(line.rstrip() for line in traceback.format_tb(link.__traceback__))]
        link = link.__cause__ or link.__context__
    return "\n".join(lines)


def _kinds(error: BaseException) -> list[str]:
    found = [type(error).__name__]
    if isinstance(error, PySparkException) and error.getCondition():
        found.append(str(error.getCondition()))
    java = error.java_exception if isinstance(error, Py4JJavaError) else getattr(error, "_origin", None)
    return found + _java_kinds(java)


def _java_kinds(java: Any) -> list[str]:  # noqa: ANN401 - a Throwable behind py4j
    found: list[str] = []
    while java is not None and len(found) < DEEPEST:
        try:
            name = str(java.getClass().getName()).rpartition(".")[2]
            condition = CONDITION.match(str(java.getMessage() or ""))
            java = java.getCause()
        except Exception:  # noqa: BLE001 - the JVM may be gone, and this must not fail
            break
        found += [name, *([condition[1]] if condition else [])]
    return found
