"""Reads the event a state machine sends."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.errors import TerminalError

EventT = TypeVar("EventT", bound=BaseModel)


def read_event(model: type[EventT], event: dict[str, Any]) -> EventT:
    """Read an event.

    Raises:
        TerminalError: a key is unknown, missing or has a bad value; it is named.
    """
    try:
        return model.model_validate(event)
    except ValidationError as error:
        first = error.errors()[0]
        raise TerminalError(
            f"the event is wrong at {'.'.join(map(str, first['loc']))}: {first['msg']}",
            given=repr(first["input"])[:200],
            expected=f"a {model.__name__} with {', '.join(model.model_fields)}",
            mend="start the machine again with an input it knows; {} asks for the ordinary run",
        ) from error
