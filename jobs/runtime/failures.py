"""Why a table failed, in words that may be kept: an exception of others may quote the row it met."""

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
# Spark names its error conditions in capitals, DIVIDE_BY_ZERO or CAST_INVALID_INPUT.SUB; values look otherwise.
CONDITION = re.compile(r"\[([A-Z][A-Z0-9_]*(?:\.[A-Z][A-Z0-9_]*)*)\]")
DEEPEST = 10


def failure_of(error: Exception, table: Table) -> Failure:
    """What the outcome of a table says of an exception.

    An error of the house is kept whole, since its words are ours. Of any other one that meets personal data only its
    classes and Spark's name for it are kept.
    """
    retryable = error.retryable if isinstance(error, LakewrightError) else LOST in str(error)
    text = str(error) if isinstance(error, LakewrightError) or not table.meets_personal else without_values(error)
    return Failure(error=type(error).__name__, message=text[:MESSAGE_LENGTH], retryable=retryable)


def without_values(error: BaseException) -> str:
    """What kind of error an exception is, and that its own words are withheld."""
    kinds = " < ".join(dict.fromkeys(_kinds(error)))
    return f"{kinds}; its words are withheld, because the table meets personal data and they may quote it"


def frames_of(error: BaseException) -> str:
    """Where an exception came from, as lines of our code, and of those before it; never what it says."""
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
        except Exception:  # noqa: BLE001 - a JVM that is gone has nothing to tell, and this must not fail
            break
        found += [name, *([condition[1]] if condition else [])]
    return found
