"""Turns columns into one JSON text, to store or compare them, and such a text into its fields."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

TEXTS = "map<string,string>"
END, AND_ITS_END = "_lakewright_end", 2
# Spark's default format has milliseconds only, so that two values that differ by less would look the same.
TIMESTAMP_FORMAT = "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"


def as_json(*columns: str | Column) -> Column:
    """Columns as one JSON object, which includes nulls."""
    return F.to_json(F.struct(*columns), {"ignoreNullFields": "false", "timestampFormat": TIMESTAMP_FORMAT})


def json_fields(text: Column) -> Column:
    """The fields of a JSON object as a map of name to text; null if the text is not one JSON object.

    It is parsed as a variant, which keeps every digit of a number, while Spark's other JSON functions make it a double.
    It is parsed in brackets, with an end mark that must be found again: `try_parse_json` accepts the first of several
    values, and ignores what follows a closing bracket.
    """
    parsed = F.try_parse_json(F.concat(F.lit("["), text, F.lit(f',"{END}"]')))
    both = F.try_variant_get(parsed, "$", "array<variant>")
    is_whole = (F.size(both) == AND_ITS_END) & (F.try_variant_get(F.get(both, F.lit(1)), "$", "string") == END)
    return F.when(is_whole, F.try_variant_get(F.get(both, F.lit(0)), "$", TEXTS))


def lower_case_names(texts: Column) -> Column:
    """The map with its names in lower case; null if that makes two names the same."""
    names = F.transform(F.map_keys(texts), F.lower)
    return F.when(F.size(F.array_distinct(names)) == F.size(names), F.map_from_arrays(names, F.map_values(texts)))
