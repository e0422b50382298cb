"""Casts the fields of a record's payload to the contract's columns, without altering a single value."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.ingest.kafka.unions import NESTED, is_union, json_of, plain, to_json
from jobs.runtime.casts import is_day
from jobs.runtime.tables import spark_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column as SparkColumn

    from shared.contracts import Column

# Only types of one family are cast into each other; a number of seconds, say, does not become a timestamp by itself.
FAMILIES: tuple[tuple[type[T.DataType], ...], ...] = (
    (T.NumericType,),
    (T.BooleanType,),
    (T.StringType,),
    (T.DateType,),
    (T.TimestampType, T.TimestampNTZType),
    (T.BinaryType,),
)
WIDEST = 38
# The fields of the struct that `fitted` makes, beside the contract's columns.
MISFITS_FIELD = "misfits"
RESCUED_FIELD = "rescued"
# Of a text with a time behind its day, Spark takes the day and says nothing.
PLAIN_DATE = r"^\s*[+-]?\d{4,7}-\d{1,2}-\d{1,2}\s*$"


def fitted(fields: Mapping[str, tuple[SparkColumn, T.DataType]], columns: tuple[Column, ...]) -> SparkColumn:
    """One struct of the contract's columns, `misfits` (which values do not fit, in words) and `rescued` (other fields).

    Grain: one record in, one struct out. A value that cannot be cast without loss is null and a misfit.

    Args:
        fields: The payload's fields with their types, by their names at the source; case is ignored.
        columns: The contract's.
    """
    known = {name.lower(): field for name, field in fields.items()}
    absent = (F.lit(None), T.NullType())
    values, misfits = [], []
    for column in columns:
        given, type_ = known.get(column.name, absent)
        value = _fit(given, type_, spark_type(column.type))
        values.append(value.alias(column.name))
        misfit = F.lit(f"{column.name}: the value does not fit {column.type}")
        misfits.append(F.when(given.isNotNull() & value.isNull(), misfit))
    names = {column.name for column in columns}
    others = [plain(value, type_).alias(name) for name, (value, type_) in fields.items() if name.lower() not in names]
    return F.struct(
        *values, F.array_compact(F.array(*misfits)).alias(MISFITS_FIELD), _as_json(others).alias(RESCUED_FIELD)
    )


def fit_texts(texts: SparkColumn, lower: SparkColumn, columns: tuple[Column, ...]) -> SparkColumn:
    """The struct that `fitted` makes, from a map of names to texts, as JSON gives it.

    Args:
        texts: The map; rescued fields keep their names as written there.
        lower: The same map after `lower_case_names`.
        columns: The contract's.
    """
    given = {column.name: (F.try_element_at(lower, F.lit(column.name)), T.StringType()) for column in columns}
    names = F.array(*(F.lit(column.name) for column in columns))
    others = F.map_filter(texts, lambda name, value: ~F.array_contains(names, F.lower(name)) & value.isNotNull())
    rescued = F.when(F.size(others) > 0, F.to_json(others))
    return fitted(given, columns).withField(RESCUED_FIELD, rescued)


def _as_json(fields: list[SparkColumn]) -> SparkColumn:
    if not fields:
        return F.lit(None).cast("string")
    return F.when(reduce(or_, (field.isNotNull() for field in fields)), to_json(F.struct(*fields)))


def _fit(value: SparkColumn, given: T.DataType, wanted: T.DataType) -> SparkColumn:
    if given == wanted:
        return value
    if isinstance(given, T.StructType) and is_union(given):
        return F.coalesce(*(_fit(value.getField(f.name), f.dataType, wanted) for f in given.fields))
    if isinstance(given, T.ArrayType) and isinstance(wanted, T.ArrayType):
        return _fit_items(value, given.elementType, wanted.elementType)
    return _fit_single(value, given, wanted)


def _fit_items(values: SparkColumn, given: T.DataType, wanted: T.DataType) -> SparkColumn:
    """An array, item by item; one that does not fit takes them all with it."""
    is_misfit = F.exists(values, lambda item: item.isNotNull() & _fit(item, given, wanted).isNull())
    return F.when(~is_misfit, F.transform(values, lambda item: _fit(item, given, wanted)))


def _fit_single(value: SparkColumn, given: T.DataType, wanted: T.DataType) -> SparkColumn:
    if isinstance(wanted, T.StringType) and not isinstance(given, T.BinaryType):
        return json_of(value, given) if isinstance(given, NESTED) else value.cast(wanted)
    if isinstance(given, T.StringType) and not isinstance(wanted, (T.BinaryType, T.ArrayType)):
        return _from_text(value, wanted)
    if not any(isinstance(given, family) and isinstance(wanted, family) for family in FAMILIES):
        return F.lit(None).cast(wanted)
    cast = value.try_cast(wanted)
    return F.when(cast.try_cast(given) == value, cast) if isinstance(wanted, T.NumericType) else cast


def _from_text(text: SparkColumn, wanted: T.DataType) -> SparkColumn:
    cast = text.try_cast(wanted)
    if isinstance(wanted, T.DateType):
        return F.when(text.rlike(PLAIN_DATE), cast)
    if isinstance(wanted, T.TimestampType | T.TimestampNTZType):
        return F.when(is_day(text), cast)
    if not isinstance(wanted, T.DecimalType):
        return cast
    # The cast rounds what is finer than the column.
    finest = T.DecimalType(WIDEST, WIDEST - (wanted.precision - wanted.scale))
    return F.when(cast == text.try_cast(finest), cast)
