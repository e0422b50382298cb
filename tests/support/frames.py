"""Compares whole frames with hand-made rows: every value, every type, every NOT NULL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from pyspark.testing import assertDataFrameEqual

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame


def assert_rows(schema: str, expected: Sequence[tuple[Any, ...]], actual: DataFrame) -> None:
    """Compare a frame with rows, in any order; column comments are ignored.

    Args:
        schema: The expected schema as DDL, with its NOT NULLs.
        expected: The rows.
        actual: The frame.
    """
    plain = actual.select(*[F.col(f"`{name}`").alias(name, metadata={}) for name in actual.columns])
    wanted = actual.sparkSession.createDataFrame(list(expected), schema)
    # By default, nearly equal decimals or doubles count as equal, and NOT NULL is ignored.
    assertDataFrameEqual(plain, wanted, ignoreNullable=False, rtol=0, atol=0)
