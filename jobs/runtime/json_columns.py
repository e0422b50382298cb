"""Columns as one JSON text, to be kept or compared, and the fields of such a text."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

TEXTS = "map<string,string>"
END, AND_ITS_END = "_lakewright_end", 2
# Spark's own format stops at milliseconds, and two values that differ by less would be the same.
TIMESTAMP_FORMAT = "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"


def as_json(*columns: str | Column) -> Column:
    """Columns as one JSON object that leaves out nothing, nulls included."""
    return F.to_json(F.struct(*columns), {"ignoreNullFields": "false", "timestampFormat": TIMESTAMP_FORMAT})


def json_fields(text: Column) -> Column:
    """The fields of a JSON object as a map of name to text; null when the text is no JSON object.

    Through a variant, which keeps a number to the last digit where Spark's other JSON functions make a double of it. In
    brackets, and with an end that has to be found again: `try_parse_json` is content with the first of several values,
    and does not look at what stands behind a closing bracket.
    """
    parsed = F.try_parse_json(F.concat(F.lit("["), text, F.lit(f',"{END}"]')))
    both = F.try_variant_get(parsed, "$", "array<variant>")
    is_whole = (F.size(both) == AND_ITS_END) & (F.try_variant_get(F.get(both, F.lit(1)), "$", "string") == END)
    return F.when(is_whole, F.try_variant_get(F.get(both, F.lit(0)), "$", TEXTS))


def lower_case_names(texts: Column) -> Column:
    """The same map with its names in lower case; null where that makes two names the same."""
    names = F.transform(F.map_keys(texts), F.lower)
    return F.when(F.size(F.array_distinct(names)) == F.size(names), F.map_from_arrays(names, F.map_values(texts)))
