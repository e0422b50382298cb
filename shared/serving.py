"""Where a row of a served table is found by path: what the publishing job writes and the API reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

# The attributes of an item: the row as JSON, its table, and the version of the table that it was read from.
PATH, ROW, TABLE, VERSION = "path", "row", "table", "version"
# Source: Amazon DynamoDB Developer Guide, "Quotas": the length of a partition key, and 400 KB of an item, of which the
# path and the other attributes take some.
PATH_LIMIT_BYTES, ROW_LIMIT_BYTES = 2048, 390_000
_SHAPE = re.compile(r"/(?P<collection>[a-z][a-z0-9-]*)(?P<keys>(/\{[a-z][a-z0-9_]*\})+)")
_KEY = re.compile(r"\{(.*?)\}")


class Target(StrEnum):
    """Where rows are published, in the words of leases and of texts for people."""

    API = "the API"
    SNOWFLAKE = "Snowflake"


@dataclass(frozen=True)
class ServedPath:
    """Where a table's rows are served: a collection and the columns of its key, `/customers/{customer_id}`.

    Example:
        ServedPath.parse("/customers/{customer_id}").of(["29485"])  # "/customers/29485"
    """

    collection: str
    columns: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> ServedPath | None:
        """Read a path with columns in braces; None when the text is none."""
        found = _SHAPE.fullmatch(text)
        return cls(found["collection"], tuple(_KEY.findall(found["keys"]))) if found else None

    @property
    def prefix(self) -> str:
        """What the paths of all rows begin with."""
        return f"/{self.collection}/"

    def of(self, key: Iterable[str]) -> str:
        """The path of the row with a key, its values as text."""
        return self.prefix + "/".join(quote(value, safe="") for value in key)

    def __str__(self) -> str:
        """The path as a contract has it."""
        return self.prefix + "/".join(f"{{{column}}}" for column in self.columns)


def canonical(path: str) -> str:
    """Spell a requested path, which API Gateway has decoded, as rows are published.

    The decoding cannot be undone: a key with `/` in it cannot be requested, nor one with `?`, where the gateway ends
    the path.
    """
    return "/".join(quote(part, safe="") for part in path.split("/"))


def publication_lease(table: str, target: Target) -> str:
    """The lease that is held while a table is published; the steps that write the table hold another."""
    return f"{table} to {target}"


def served_table(env: str) -> str:
    """The DynamoDB table that holds the rows the API serves."""
    return f"lakewright-{env}-served"
