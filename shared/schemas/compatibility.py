"""Whether rows written under an older Avro schema can be read under a newer one.

The rules are those of Avro's schema resolution (https://avro.apache.org/docs/1.12.0/specification/#schema-resolution),
with the older schema as the writer's and the newer one as the reader's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMOTIONS = {
    "int": {"long", "float", "double"},
    "long": {"float", "double"},
    "float": {"double"},
    "string": {"bytes"},
    "bytes": {"string"},
}


def backward_breaks(older: dict[str, Any], newer: dict[str, Any]) -> list[str]:
    """Why the newer schema cannot read what the older one wrote, a reason per field; none when it can.

    Args:
        older: The Avro schema of a record.
        newer: Another one of the same.
    """
    return list(_record_breaks(older, newer))


def _record_breaks(older: dict[str, Any], newer: dict[str, Any]) -> Iterator[str]:
    written = {field["name"]: field["type"] for field in older["fields"]}
    for field in newer["fields"]:
        name, wanted = field["name"], field["type"]
        if name not in written:
            if "default" not in field:
                yield f"{name}: new, required and without a default, so older rows lack it"
        elif not _reads(written[name], wanted):
            yield f"{name}: was {_words(written[name])}, is {_words(wanted)}"


def _reads(written: Any, wanted: Any) -> bool:  # noqa: ANN401 - a schema is any JSON
    """Whether every value of one type can be read as the other."""
    if isinstance(written, list):
        return all(_reads(branch, wanted) for branch in written)
    if isinstance(wanted, list):
        return any(_reads(written, branch) for branch in wanted)
    one, other = (s if isinstance(s, dict) else {"type": s} for s in (written, wanted))
    if one["type"] == other["type"] == "array":
        return _reads(one["items"], other["items"])
    if any(s.get("logicalType") for s in (one, other)):
        # A moment that is read as a bare number, or a decimal at another scale, is another value.
        return one == other
    return one["type"] == other["type"] or other["type"] in PROMOTIONS.get(one["type"], ())


def _words(type_: Any) -> str:  # noqa: ANN401 - as above
    if isinstance(type_, list):
        return " or ".join(map(_words, type_))
    if not isinstance(type_, dict):
        return str(type_)
    if type_.get("logicalType") == "decimal":
        return f"decimal({type_['precision']},{type_['scale']})"
    if type_["type"] == "array":
        return f"array of {_words(type_['items'])}"
    return str(type_.get("logicalType") or type_["type"])
