"""Values of Avro's unions of several types: Spark gives each as a struct of which one member is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.runtime.json_columns import TIMESTAMP_FORMAT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn

NESTED = (T.StructType, T.MapType, T.ArrayType)


def is_union(type_: T.DataType) -> bool:
    """Whether a type is what Spark makes of a union."""
    return isinstance(type_, T.StructType) and _are_members(type_.names)


def is_like_a_union(schema: Any) -> bool:  # noqa: ANN401 - a schema's JSON
    """Whether a schema has a record whose fields are named as Spark names a union's, so that nobody tells them apart.

    Source: SchemaConverters of Spark, `member$i`.
    """
    if isinstance(schema, list):
        return any(map(is_like_a_union, schema))
    if not isinstance(schema, dict):
        return False
    fields = schema.get("fields")
    names = [field.get("name") for field in fields if isinstance(field, dict)] if isinstance(fields, list) else []
    return _are_members(names) or any(map(is_like_a_union, schema.values()))


def json_of(value: SparkColumn, type_: T.DataType) -> SparkColumn:
    """A value as JSON; a union within it is the text of its member."""
    return to_json(plain(value, type_))


def to_json(value: SparkColumn) -> SparkColumn:
    """A value without unions as JSON."""
    return F.to_json(value, {"timestampFormat": TIMESTAMP_FORMAT})


def plain(value: SparkColumn, type_: T.DataType) -> SparkColumn:
    """The same value with texts in place of its unions, for JSON."""
    if not _has_union(type_):
        return value
    if isinstance(type_, T.ArrayType):
        items = type_.elementType
        return F.transform(value, lambda item: plain(item, items))
    if isinstance(type_, T.MapType):
        values = type_.valueType
        return F.transform_values(value, lambda _, held: plain(held, values))
    parts = [(f, value.getField(f.name)) for f in type_.fields] if isinstance(type_, T.StructType) else []
    if is_union(type_):
        return F.coalesce(*(_text(part, f.dataType) for f, part in parts))
    return F.when(value.isNotNull(), F.struct(*(plain(part, f.dataType).alias(f.name) for f, part in parts)))


def _text(value: SparkColumn, type_: T.DataType) -> SparkColumn:
    if isinstance(type_, T.BinaryType):
        return F.base64(value)
    return json_of(value, type_) if isinstance(type_, NESTED) else value.cast("string")


def _has_union(type_: T.DataType) -> bool:
    if isinstance(type_, T.ArrayType):
        return _has_union(type_.elementType)
    if isinstance(type_, T.MapType):
        return _has_union(type_.valueType)
    return isinstance(type_, T.StructType) and (is_union(type_) or any(_has_union(f.dataType) for f in type_.fields))


def _are_members(names: Sequence[Any]) -> bool:
    return len(names) > 1 and list(names) == [f"member{i}" for i in range(len(names))]
