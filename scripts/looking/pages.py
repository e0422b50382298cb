"""Reads the files that runs left in the ledger: one, or many at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from shared.errors import TerminalError
from shared.names import RUN_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pydantic import TypeAdapter

Item = TypeVar("Item")
Page = TypeVar("Page")
READ_AT_ONCE = 16


def read_ahead(read: Callable[[Item], Page], items: Iterable[Item]) -> Iterator[Page]:
    """Read each item and yield the results in order, several at a time, since S3 takes a while to answer."""
    left = iter(items)
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        while some := list(islice(left, READ_AT_ONCE)):
            yield from pool.map(read, some)


def read_page(kind: TypeAdapter[Page], location: str, read: Callable[[str], str]) -> Page:
    """Read and parse one file of a run.

    Raises:
        TerminalError: the file is incomplete, or was written by another version of the lake.
    """
    try:
        return kind.validate_json(read(location))
    except ValidationError as error:
        first = error.errors()[0]
        raise _unreadable(location, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error
    except UnicodeDecodeError as error:
        raise _unreadable(location, str(error)) from error


def _unreadable(location: str, given: str) -> TerminalError:
    return TerminalError(
        f"{location} cannot be read",
        given=given,
        expected="what this version of the lake writes",
        mend="look with the version that wrote it, or remove the file if it is not whole: a run without "
        f"{RUN_FILE} counts as unfinished, and no table changes by that",
    )
