"""The gate: decides table rules on the table as it would be after the commit, before anything is committed."""

from __future__ import annotations

import sys
from math import isinf, isnan
from typing import TYPE_CHECKING

from shared.contracts import Severity
from shared.errors import GateClosedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from pyspark.sql import DataFrame

    from shared.contracts import Table, TableRule


FARTHEST = sys.float_info.max


def decide(
    table: Table, rules: Iterable[TableRule], after: DataFrame, known: Mapping[str, float] | None = None
) -> dict[str, int | float]:
    """Decide table rules on a frame that is the table with the batch applied.

    Args:
        table: The contract.
        rules: The rules to decide.
        after: The table with the batch applied; read only for rules whose results are not known.
        known: The results of rules' queries, by query, that are known without running them.

    Returns:
        The value measured by each failed rule of severity `warning`.

    Raises:
        GateClosedError: a rule of severity `error` failed.
    """
    view = f"{table.name.layer}__{table.name.table}__staged"
    after.createOrReplaceTempView(view)
    warnings = {}
    for rule in rules:
        value = (known or {}).get(rule.query)
        if value is None:
            row = after.sparkSession.sql(rule.query.replace("${table}", view)).first()
            value = row[0] if row else None
        # A query that finds nothing to measure, such as the sum of no rows, has not shown that the rule holds.
        if value is not None and rule.holds(value):
            continue
        if rule.severity is Severity.ERROR:
            raise GateClosedError(
                f"{table.name}: table rule {rule.name} failed on the staged batch",
                given=f"{'NULL' if value is None else value} by {rule.query}",
                expected=_expected(rule),
                mend="nothing was published: mend the source or the rule, and start the run again",
            )
        warnings[rule.name] = _figure(value)
    return warnings


def _figure(value: float | Decimal | None) -> int | float:
    """A measured value as an outcome records it; one with a fraction keeps it.

    Outcomes are JSON, which has neither NaN nor infinity: null and NaN become 0, infinity the farthest float.
    """
    if value is None or isnan(value):
        return 0
    if isinf(value):
        return FARTHEST if value > 0 else -FARTHEST
    return int(value) if value == int(value) else float(value)


def _expected(rule: TableRule) -> str:
    low = "-∞" if rule.at_least is None else f"{rule.at_least:g}"
    high = "∞" if rule.at_most is None else f"{rule.at_most:g}"
    return f"{'outside' if rule.negated else 'within'} [{low}, {high}]"
