"""Columns as one JSON text, to be kept or compared, and the fields of such a text."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

TEXTS = "map<string,string>"
# Spark's own format stops at milliseconds, and two values that differ by less would be the same.
TIMESTAMP_FORMAT = "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"


def as_json(*columns: str | Column) -> Column:
    """Columns as one JSON object that leaves out nothing, nulls included."""
    return F.to_json(F.struct(*columns), {"ignoreNullFields": "false", "timestampFormat": TIMESTAMP_FORMAT})


def json_fields(text: Column) -> Column:
    """The fields of a JSON object as a map of name to text; null when the text is no JSON object.

    Through a variant, which keeps a number to the last digit where Spark's other JSON functions make a double of it. In
    brackets, since `try_parse_json` is content with the first of several objects.
    """
    alone = F.try_variant_get(F.try_parse_json(F.concat(F.lit("["), text, F.lit("]"))), "$", "array<variant>")
    return F.when(F.size(alone) == 1, F.try_variant_get(F.get(alone, F.lit(0)), "$", TEXTS))


def lower_case_names(texts: Column) -> Column:
    """The same map with its names in lower case; null where that makes two names the same."""
    names = F.transform(F.map_keys(texts), F.lower)
    return F.when(F.size(F.array_distinct(names)) == F.size(names), F.map_from_arrays(names, F.map_values(texts)))
