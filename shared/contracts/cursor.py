"""Compiles a contract's cursor and checks the lag and the values that go with it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from shared.contracts.model import Disposition
from shared.contracts.numbers import FLOATING, scale_of
from shared.moments import MOMENTS, moment_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.contracts.column import Column
    from shared.contracts.document import Document

CURSOR, LAG, INITIAL_VALUE, END_VALUE = "cursor", "lag", "initialValue", "endValue"
CURSOR_PROPERTIES = {CURSOR, LAG, INITIAL_VALUE, END_VALUE}
EXAMPLES = {"timestamp": "a timestamp such as 2000-01-01T00:00:00Z", "date": "a date such as 2000-01-01"}

CursorValue = datetime | date | Decimal | str


def compile_cursor(document: Document, custom: Mapping[str, Any], disposition: Disposition) -> str | None:
    """The column of the cursor; None for a table without one.

    Raises:
        ContractError: it is no column of the table, the table is read as a whole, or there is a lag, an initial or an
            end value without it.
    """
    cursor = custom.get(CURSOR)
    names = [p.name for p in document.schema.properties]
    if cursor is None:
        if idle := sorted((CURSOR_PROPERTIES - {CURSOR}) & set(custom)):
            at = document.at_custom(idle[0])
            raise document.error(f"{' and '.join(idle)} without a cursor", at, mend="name the cursor column")
        return None
    if cursor not in names:
        raise document.error(
            "cursor names a column the table does not have",
            document.at_custom(CURSOR),
            given=str(cursor),
            expected=", ".join(names),
        )
    if disposition is Disposition.SNAPSHOT:
        raise document.error(
            "a snapshot is read whole and has no cursor",
            document.at_custom(CURSOR),
            given=f"cursor: {cursor}",
            mend="remove cursor, or say writeDisposition: append",
        )
    return str(cursor)


def check_asked(document: Document, custom: Mapping[str, Any], column: Column, *, is_text: bool) -> None:
    """Check lag, initial and end value against their cursor; otherwise they would fail a run.

    Args:
        document: The contract.
        custom: The table's custom properties.
        column: The cursor.
        is_text: Whether bronze has the source's timestamps as texts.

    Raises:
        ContractError: no source can be queried by the cursor's type, or not with a lag; or a value is not of that type,
            or the values leave nothing to read.
    """
    type_ = "timestamp" if is_text else column.type
    if type_ not in (*MOMENTS, *FLOATING, "string") and scale_of(type_) is None:
        raise document.error(
            "no source can be asked by a cursor of this type",
            document.at_custom(CURSOR),
            given=f"{column.name}: {type_}",
            expected="a timestamp, a date, a number or a string",
        )
    if custom.get(LAG) is not None and type_ not in MOMENTS:
        raise document.error(
            "a lag is a stretch of time, which cannot be taken from this cursor",
            document.at_custom(LAG),
            given=f"{column.name}: {type_}",
            expected="a cursor of type timestamp or date",
            mend="remove lag, or name another cursor",
        )
    start, end = (_value(document, custom, key, column.name, type_) for key in (INITIAL_VALUE, END_VALUE))
    # Only the source knows which of two texts comes first.
    if start is not None and end is not None and type_ != "string" and not start < end:
        raise document.error(
            "endValue leaves nothing to read",
            document.at_custom(END_VALUE),
            given=f"from {custom[INITIAL_VALUE]} to {custom[END_VALUE]}",
            expected="an endValue after the initialValue",
        )


def cursor_value(type_: str, given: str) -> CursorValue:
    """Parse the value of a cursor from the text of a contract, position or window; moments in UTC, without zone.

    Raises:
        ValueError: it is not of the type.
    """
    try:
        if type_ == "timestamp":
            return moment_of(given).replace(tzinfo=None)
        if type_ == "date":
            return date.fromisoformat(given)
        number = None if type_ == "string" else Decimal(given)
    # The first hours of year 1 and the last of year 9999 may have no time in UTC.
    except (InvalidOperation, OverflowError) as error:
        raise ValueError(given) from error
    if number is None:
        return given
    if not number.is_finite():
        raise ValueError(given)
    return number


def _value(document: Document, custom: Mapping[str, Any], key: str, cursor: str, type_: str) -> Any:  # noqa: ANN401 - two values of one type compare
    if custom.get(key) is None:
        return None
    try:
        return cursor_value(type_, str(custom[key]))
    except ValueError:
        raise document.error(
            f"{key} is no value of the cursor",
            document.at_custom(key),
            given=str(custom[key]),
            expected=f"{EXAMPLES.get(type_, 'a number')}, as {cursor} has",
        ) from None
