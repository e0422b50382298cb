"""Inlines the schemas that an Avro schema refers to by name, since Spark's decoder takes a single schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Source: Apache Avro 1.12 specification, "Complex Types" and "Names".
NAMED = ("record", "error", "enum", "fixed")


def whole(schema: Any, others: Iterable[Any]) -> Any:  # noqa: ANN401 - a schema's JSON
    """The schema with each referenced definition put in where its name first occurs.

    Args:
        schema: Any Avro schema, as JSON.
        others: The schemas it refers to, and those that these refer to.
    """
    named = {_full_name(other): other for other in others if _is_named(other)}
    return _Expansion(named, set()).of(schema, "")


def refers_to_itself(schema: Any, space: str = "", within: frozenset[str] = frozenset()) -> bool:  # noqa: ANN401
    """Whether a schema is recursive, as a tree's is: no Spark column can have such a type.

    Args:
        schema: Any Avro schema, as JSON, with every definition inlined.
        space: The enclosing namespace.
        within: The full names of the enclosing schemas.
    """
    if isinstance(schema, str):
        return not within.isdisjoint({schema, f"{space}.{schema}"})
    if isinstance(schema, list):
        return any(refers_to_itself(branch, space, within) for branch in schema)
    if not _is_named(schema):
        inside = (schema[key] for key in ("items", "values", "type") if key in schema)
        return any(refers_to_itself(part, space, within) for part in inside)
    name = _full_name(schema, space)
    fields = [field["type"] for field in schema.get("fields", ())]
    return any(refers_to_itself(kind, name.rpartition(".")[0], within | {name}) for kind in fields)


class _Expansion:
    def __init__(self, named: Mapping[str, Any], defined: set[str]) -> None:
        self._named, self._defined = named, defined

    def of(self, schema: Any, space: str) -> Any:  # noqa: ANN401 - as above
        if isinstance(schema, str):
            return self._name(schema, space)
        if isinstance(schema, list):
            return [self.of(branch, space) for branch in schema]
        if _is_named(schema):
            return self._definition(schema, space)
        within = next((key for key in ("items", "values") if key in schema), "type")
        found = self.of(schema[within], space)
        # `{"type": "name"}` is allowed, `{"type": {…definition…}}` is not.
        return found if within == "type" and isinstance(found, dict) else {**schema, within: found}

    def _definition(self, schema: dict[str, Any], space: str) -> dict[str, Any]:
        name = _full_name(schema, space)
        self._defined.add(name)
        within = name.rpartition(".")[0]
        fields = [{**f, "type": self.of(f["type"], within)} for f in schema.get("fields", ())]
        return {**schema, **({"fields": fields} if fields else {})}

    def _name(self, name: str, space: str) -> Any:  # noqa: ANN401 - as above
        for full in dict.fromkeys((name if "." in name or not space else f"{space}.{name}", name)):
            if full in self._defined:
                return full if full in self._named else name
            if full in self._named:
                other = self._named[full]
                own, _, last = full.rpartition(".")
                # Set explicitly: a definition without a namespace would inherit that of the place it is put into.
                return self._definition({**other, "name": last, "namespace": own}, "")
        return name


def _is_named(schema: Any) -> bool:  # noqa: ANN401 - as above
    return isinstance(schema, dict) and schema.get("type") in NAMED


def _full_name(schema: dict[str, Any], space: str = "") -> str:
    name, own = str(schema["name"]), str(schema.get("namespace", space))
    return name if "." in name or not own else f"{own}.{name}"
