"""Reads the event that a function is called with."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.errors import TerminalError

EventT = TypeVar("EventT", bound=BaseModel)
# What to do about an event that is wrong depends on who sends it.
SENT_BY_THE_STACK = "deploy the environment again: what sends this event and what reads it come from one commit"
SENT_BY_AWS = (
    "a test event has to be a whole one, as those of tests/events; if AWS sent it, its form has changed, "
    "and the function has to follow"
)


def read_event(model: type[EventT], event: dict[str, Any], *, mend: str) -> EventT:
    """Read an event; `mend` says what to do about a wrong one.

    Raises:
        TerminalError: a key is unknown, missing or has a bad value; the error names it.
    """
    try:
        return model.model_validate(event)
    except ValidationError as error:
        first = error.errors()[0]
        raise TerminalError(
            f"the event is wrong at {'.'.join(map(str, first['loc']))}: {first['msg']}",
            given=repr(first["input"])[:200],
            expected=f"a {model.__name__} with {', '.join(model.model_fields)}",
            mend=mend,
        ) from error
