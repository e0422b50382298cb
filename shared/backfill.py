"""The input of the state machine `backfill`, and the windows into which it cuts a period."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shared.errors import TerminalError, WindowError
from shared.events import Execution
from shared.jobs import RUN_ID, Window
from shared.names import Machine, TableName

BACKFILL_MACHINE = "backfill"
# The stack's output with the machine's ARN.
BACKFILL_OUTPUT = "BackfillArn"
# The machines whose tables have sources that are queried by a cursor.
RunBy = Literal[Machine.DAILY_BATCH, Machine.SALESFORCE_INGESTION]
RUN_BY: tuple[Machine, ...] = get_args(RunBy)
# Every day of a year. The names of that many windows fit into a state's output, and into the cause of a red end.
MOST_WINDOWS = 366
# An execution has a name of 80 characters at most, and a window's number takes four.
LONGEST_NAME = 76
STEP = re.compile(r"([1-9]\d{0,3}) (hour|day|week|month|year)s?")
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


def _selector(text: str) -> str:
    """Check the table's name in a selector; whether the table exists is not known without the contracts.

    Raises:
        TerminalError: it is no name of a table.
    """
    TableName.parse(text.strip("+"))
    return text


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)


class BackfillRequest(_Record):
    """The input of the machine; with `{}`, nothing is done.

    Attributes:
        since: The beginning of the period, inclusive; in JSON `from`.
        until: Its end, exclusive; in JSON `to`.
        every: The length of a window, such as `7 days`.
        tables: Selectors of the tables that each run works on.
        machine: The machine that runs once for each window, one window after the other.
        business_date: The business date of all runs; None is the day on which the backfill starts.
    """

    since: str | None = Field(default=None, alias="from")
    until: str | None = Field(default=None, alias="to")
    every: str | None = None
    tables: tuple[Annotated[str, AfterValidator(_selector)], ...] = ()
    machine: RunBy = Machine.DAILY_BATCH
    business_date: date | None = None

    @model_validator(mode="after")
    def _all_or_nothing(self) -> Self:
        given = [self.since, self.until, self.every]
        if None in given and (any(given) or self.tables):
            raise ValueError("a backfill is asked for by from, to and every; give all three, or nothing at all")
        return self

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows of the period; none for an empty request.

        Raises:
            WindowError: the period cannot be cut into such windows, or there would be too many.
        """
        if self.since is None or self.until is None or self.every is None:
            return ()
        return cut(self.since, self.until, self.every)


class BackfillRequested(_Record):
    """The event that the machine `backfill` was started."""

    request: BackfillRequest
    execution: Execution


class WindowRun(_Record):
    """The run of one window, by the name of its execution."""

    run: str = Field(pattern=RUN_ID)
    window: Window


class BackfillAccepted(_Record):
    """The runs of a backfill in their order, and the input that they share: all have the same business date."""

    machine: Machine
    tables: tuple[str, ...]
    business_date: date
    windows: tuple[WindowRun, ...]


def window_runs(backfill: str, windows: tuple[Window, ...]) -> tuple[WindowRun, ...]:
    """Name the runs of a backfill by the numbers of their windows, so that a window started twice makes one run.

    Args:
        backfill: The name of the backfill's execution.
        windows: Its windows.

    Raises:
        TerminalError: the name leaves no room for a number.
    """
    if len(backfill) > LONGEST_NAME:
        raise TerminalError(
            "the name of the execution leaves no room for the number of a window",
            given=backfill,
            expected=f"{LONGEST_NAME} characters at most",
            mend="start it with a shorter name, or with none",
        )
    return tuple(WindowRun(run=f"{backfill}-{n:03d}", window=window) for n, window in enumerate(windows, 1))


def cut(since: str, until: str, every: str) -> tuple[Window, ...]:
    """Cut a period into adjoining windows: each moment lies in exactly one of them, and the last may be shorter.

    Months and years are those of the calendar, counted from the beginning: from January 31 on, windows of a month begin
    on January 31, February 28 and March 31. Timestamps with a zone are counted in UTC.

    Args:
        since: The beginning, a date or a timestamp.
        until: The end, exclusive; a date or a timestamp as `since` is.
        every: The length of a window, such as `7 days` or `1 month`.

    Raises:
        WindowError: one of them cannot be read, they do not fit each other, or there would be too many windows.
    """
    first, last = _moment(since), _moment(until)
    step = STEP.fullmatch(every)
    if not step:
        raise _misfit("the length of a window could not be read", every, "<1 to 9999> hours|days|weeks|months|years")
    number, unit = int(step[1]), step[2]
    given = f"from {since} to {until} every {every}"
    if _kind(first) != _kind(last) or (unit == "hour" and not isinstance(first, datetime)):
        raise _misfit(
            "beginning, end and length of the windows do not go together",
            given,
            "two dates, or two timestamps both with or both without a zone; hours go with timestamps",
        )
    if not first < last:
        raise _misfit("the windows end before they begin", given, "an end after the beginning")
    bounds = [first]
    while bounds[-1] < last:
        if len(bounds) > MOST_WINDOWS:
            raise _misfit("there would be too many windows", given, f"{MOST_WINDOWS} windows at most")
        bounds.append(min(_after(first, len(bounds) * number, unit, last), last))
    texts = [bound.isoformat() for bound in bounds]
    return tuple(Window(since=a, until=b) for a, b in pairwise(texts))


def _moment(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment
    # The first hours of year 1 and the last of year 9999 may have no time in UTC.
    except (ValueError, OverflowError):
        expected = "a date such as 2011-06-01, or a timestamp such as 2011-06-01T06:00:00Z"
        raise _misfit("an end of the windows could not be read", text, expected) from None


def _kind(moment: date | datetime) -> tuple[type, bool]:
    return type(moment), isinstance(moment, datetime) and moment.tzinfo is not None


def _after(first: date | datetime, count: int, unit: str, last: date | datetime) -> date | datetime:
    """The moment `count` units after `first`; `last` if the calendar ends before that."""
    try:
        if unit not in _MONTHS:
            return first + (timedelta(hours=count) if unit == "hour" else timedelta(days=count * _DAYS[unit]))
    except OverflowError:
        return last
    year, month = divmod(first.year * 12 + first.month - 1 + count * _MONTHS[unit], 12)
    if year > MAXYEAR:
        return last
    return first.replace(year=year, month=month + 1, day=min(first.day, monthrange(year, month + 1)[1]))


def _misfit(what: str, given: str, expected: str) -> WindowError:
    return WindowError(what, given=given, expected=expected, mend="start the backfill again with other windows")
