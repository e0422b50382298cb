"""Finds what is not repeatable in Spark SQL: parts whose result differs from day to day or from call to call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# `business_date` is the only "today"; the other functions differ from call to call, or from file to file.
UNREPEATABLE = (
    exp.CurrentCatalog,
    exp.CurrentDatabase,
    exp.CurrentDate,
    exp.CurrentDatetime,
    exp.CurrentSchema,
    exp.CurrentTime,
    exp.CurrentTimestamp,
    exp.CurrentTimezone,
    exp.CurrentUser,
    exp.Localtime,
    exp.Localtimestamp,
    exp.Rand,
    exp.Randn,
    exp.SessionUser,
    exp.Shuffle,
    exp.TableSample,
    exp.Uniform,
    exp.Uuid,
)
# Spark's functions that differ from call to call, in a program as well.
UNREPEATABLE_CALLS = {
    "curdate",
    "current_date",
    "current_timestamp",
    "input_file_name",
    "localtimestamp",
    "monotonically_increasing_id",
    "now",
    "rand",
    "randn",
    "random",
    "randstr",
    "shuffle",
    "spark_partition_id",
    "uuid",
}
# The others are words that a program may use for other things. sqlglot recognizes some functions only in one form, such
# as without `system.builtin` before the name, so all are checked by name, too.
UNREPEATABLE_NAMES = UNREPEATABLE_CALLS | {
    "current_time",
    "getdate",
    "input_file_block_length",
    "input_file_block_start",
    "java_method",
    "reflect",
    "try_reflect",
    "uniform",
    "user",
    "version",
}
# Texts that become a moment of the current day when read as one; `epoch` is always the same.
# Source: Spark's rule SpecialDatetimeValues.
OF_THE_DAY = {"now", "today", "tomorrow", "yesterday"}
# Functions that read a text as a moment, besides casts: by class, or by name if sqlglot does not know them.
OF_TEXT = (
    exp.AddMonths,
    exp.Cast,
    exp.DateTrunc,
    exp.Extract,
    exp.Hour,
    exp.LastDay,
    exp.Minute,
    exp.MonthsBetween,
    exp.Quarter,
    exp.Second,
    exp.StrToUnix,
    exp.TimeStrToTime,
    exp.TimestampTrunc,
    exp.TsOrDsAdd,
    exp.TsOrDsToDate,
    exp.UnixDate,
)
OF_TEXT_NAMES = {
    "date_part",
    "date_trunc",
    "to_date",
    "to_timestamp_ltz",
    "to_timestamp_ntz",
    "trunc",
    "try_to_date",
    "try_to_timestamp",
}
COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.Between, exp.In)
# The parameters of `aes_encrypt` that decide whether its initialization vector is random.
MODE, VECTOR = 2, 4


def unrepeatable(tree: exp.Expr, moments: Collection[str] = ()) -> Iterator[exp.Expr]:
    """The parts of a statement that are not repeatable.

    Args:
        tree: The statement.
        moments: The columns known to be dates or timestamps, in lower case. Compared with one of them, a text such as
            'today' is a moment; compared with a column of text it is a word like any other.
    """
    for node in tree.walk():
        if _is_unrepeatable(node) or (isinstance(node, COMPARISONS) and _compares_with_the_day(node, moments)):
            yield node


def _is_unrepeatable(node: exp.Expr) -> bool:
    if isinstance(node, exp.Anonymous):
        name = node.name.lower()
        if name == "aes_encrypt":
            return not _is_settled(node.expressions)
        of_text = name in OF_TEXT_NAMES and any(map(_is_of_the_day, node.expressions))
        return of_text or name in UNREPEATABLE_NAMES
    if isinstance(node, exp.Column):  # Spark takes this one without parentheses, and then it reads like a column
        return node.name.lower() == "localtimestamp"
    if isinstance(node, UNREPEATABLE) or (isinstance(node, exp.Func) and _has_name(node)):
        return True
    # Without an argument it is the current time.
    if isinstance(node, exp.StrToUnix) and node.this is None:
        return True
    return isinstance(node, OF_TEXT) and any(map(_is_of_the_day, (node.this, node.args.get("expression"))))


def _has_name(node: exp.Func) -> bool:
    return any(name.lower() in UNREPEATABLE_NAMES for name in type(node).sql_names())


def _is_settled(arguments: list[exp.Expr]) -> bool:
    """Whether `aes_encrypt` gives the same bytes each time: with a given vector, or in the mode without one."""
    is_given = len(arguments) > VECTOR
    return is_given or (len(arguments) > MODE and arguments[MODE].name.upper() == "ECB")


def _compares_with_the_day(node: exp.Expr, moments: Collection[str]) -> bool:
    sides = [child for child in node.iter_expressions() if isinstance(child, exp.Expr)]
    return any(map(_is_of_the_day, sides)) and any(_is_moment(side, moments) for side in sides)


def _is_moment(node: exp.Expr, moments: Collection[str]) -> bool:
    if isinstance(node, exp.Cast):
        return node.to.is_type(*exp.DataType.TEMPORAL_TYPES)
    return isinstance(node, exp.Column) and node.name.lower() in moments


def _is_of_the_day(node: object) -> bool:
    """Whether a text, read as a moment, is another moment tomorrow."""
    return isinstance(node, exp.Literal) and node.is_string and node.name.strip().lower() in OF_THE_DAY
