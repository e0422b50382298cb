"""Compiles the `quality` of a contract into the engine's two kinds of rule: on a row, and on the table."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from shared.contracts.bounds import allows_none, bounds
from shared.contracts.document import TABLE
from shared.contracts.expression import PLACEHOLDER, other_tables, read_predicate, refuse_unrepeatable, unknown_columns
from shared.contracts.rule_model import RowRule, Severity, TableRule
from shared.contracts.treatment import Treatment
from shared.contracts.versions import IS_CURRENT, VALID_FROM, VALID_TO
from shared.errors import ContractError
from shared.moments import MOMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.contracts.column import Column
    from shared.contracts.document import Document
    from shared.contracts.odcs import Quality

SCOPES = ("row", "table")
# The types that a valid value may have in YAML, by the beginning of the column's type.
NUMBERS: tuple[type, ...] = (int, float)
VALUES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "date": (str, date),
    "timestamp": (str, date),
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint", "decimal", "double", "float"), NUMBERS),
}
COUNT_ROWS = "SELECT COUNT(*) FROM ${table}"


def compile_rules(
    document: Document, columns: tuple[Column, ...], key: tuple[str, ...], *, is_history: bool
) -> list[RowRule | TableRule]:
    """Compile every quality rule of a contract, first those of the table and then those of its columns.

    In a history, rules on the table see versions with the engine's columns, and its key is that of a version; rules on
    rows see events.

    Raises:
        ContractError: a rule cannot be run, names a column the table does not have, or has the name of another.
    """
    rules: dict[str, RowRule | TableRule] = {}
    types = {c.name: c.clear_type for c in columns}
    # Dropped columns are known to rules on incoming rows, but not to rules on the table.
    stored = [c.name for c in columns if c.treatment is not Treatment.DROP]
    whole = (*stored, *((VALID_FROM, VALID_TO, IS_CURRENT) if is_history else ()))
    for quality, column, place in _written(document):
        _check_values(quality, types.get(column or ""), place)
        rule = compile_rule(quality, column, place, (*key, VALID_FROM) if is_history else key)
        if rule.name in rules:
            raise ContractError(f"{place}: two rules are named {rule.name}", mend="give one of them another name")
        sql, known = (rule.bad, tuple(types)) if isinstance(rule, RowRule) else (rule.query, whole)
        if unknown := unknown_columns(sql, known):
            raise ContractError(
                f"{place}: rule {rule.name} names a column the table does not have",
                given=", ".join(unknown),
                expected=", ".join(known),
                mend="a dropped column is seen by rules on single rows only" if set(unknown) <= set(types) else "",
            )
        refuse_unrepeatable(sql, [n for n, type_ in types.items() if type_ in MOMENTS], place)
        rules[rule.name] = rule
    return list(rules.values())


def compile_rule(quality: Quality, column: str | None, place: str, key: tuple[str, ...]) -> RowRule | TableRule:
    """Turn one quality rule into what the engine runs.

    A rule that allows no bad rows, and judges each row by itself, is a row rule: its bad rows go to quarantine. Every
    other rule measures a number on the table and decides the gate.

    Args:
        quality: The rule as written.
        column: The column it is written on; None for the table.
        place: `file:line`, for errors.
        key: The table's primary key, the default of `duplicateValues`.

    Raises:
        ContractError: the rule is incomplete, or its scope and shape do not fit.
    """
    severity = Severity(quality.severity)
    bad, query = _measure(quality, column, place, key)
    scope = _scope(quality, place)
    low, high, negated = bounds(quality, place)
    if scope != "table" and bad is not None and allows_none(low, high, negated=negated):
        return RowRule(name=quality.name, bad=bad, severity=severity)
    if scope == "row":
        raise ContractError(
            f"{place}: rule {quality.name} cannot be decided row by row",
            expected=f"{COUNT_ROWS} WHERE <bad>, mustBe: 0",
            mend="give that shape, or say scope: table",
        )
    measure = query or f"{COUNT_ROWS} WHERE {bad}"
    return TableRule(name=quality.name, query=measure, severity=severity, at_least=low, at_most=high, negated=negated)


def _written(document: Document) -> Iterator[tuple[Quality, str | None, str]]:
    """Every rule with the column it is written on and its place."""
    for i, quality in enumerate(document.schema.quality):
        yield quality, None, document.place((*TABLE, "quality", i))
    for i, prop in enumerate(document.schema.properties):
        for j, quality in enumerate(prop.quality):
            yield quality, prop.name, document.place((*TABLE, "properties", i, "quality", j))


def _measure(quality: Quality, column: str | None, place: str, key: tuple[str, ...]) -> tuple[str | None, str | None]:
    """The predicate of a bad row, and the query that measures the table; one of them may be None."""
    if (quality.type == "sql") != (quality.metric is None) or (quality.type == "sql") != (quality.query is not None):
        raise ContractError(
            f"{place}: rule {quality.name} is neither a metric nor a query",
            given=f"type: {quality.type}, metric: {quality.metric}, query: {quality.query}",
            expected="type: library with a metric, or type: sql with a query",
        )
    if quality.metric is None:
        return _sql(quality, place)
    arguments, measure = _METRICS[quality.metric]
    if not set(quality.arguments) <= arguments:
        raise ContractError(
            f"{place}: rule {quality.name} has arguments that {quality.metric} does not take",
            given=", ".join(sorted(set(quality.arguments) - arguments)),
            expected=", ".join(sorted(arguments)) or "none",
        )
    return measure(quality, column, place, key)


def _sql(quality: Quality, place: str) -> tuple[str | None, str | None]:
    if quality.query is None or PLACEHOLDER not in quality.query:
        raise ContractError(
            f"{place}: rule {quality.name} does not measure its table",
            given=repr(quality.query),
            expected=f"a query over {PLACEHOLDER}",
        )
    if others := other_tables(quality.query, place):
        raise ContractError(
            f"{place}: rule {quality.name} reads another table",
            given=", ".join(others),
            expected=f"a query over {PLACEHOLDER} alone",
            mend="say it as a relationship, or in a gold table with a rule of its own",
        )
    return read_predicate(quality.query, place), quality.query


def _missing(_: Quality, column: str | None, place: str, __: tuple[str, ...]) -> tuple[str | None, str | None]:
    return f"`{_on_column(column, place)}` IS NULL", None


def _invalid(quality: Quality, column: str | None, place: str, _: tuple[str, ...]) -> tuple[str | None, str | None]:
    name = f"`{_on_column(column, place)}`"
    match quality.arguments:
        case {"validValues": [_, *_] as values, **others} if not others:
            return f"{name} NOT IN ({', '.join(_literal(v) for v in values)})", None
        case {"pattern": str(pattern), **others} if not others:
            return f"NOT {name} RLIKE {_literal(pattern)}", None
    raise ContractError(
        f"{place}: rule {quality.name} does not say what is valid",
        given=repr(quality.arguments),
        expected="arguments with either a list of validValues or a pattern",
    )


def _check_values(quality: Quality, type_: str | None, place: str) -> None:
    """Check `validValues` against the column's type: YAML reads NO as false, 01 as 1 and 12:30 as 750."""
    values = quality.arguments.get("validValues") if quality.arguments else None
    if type_ is None or not isinstance(values, list):
        return
    fits = next((kinds for kind, kinds in VALUES.items() if type_.lower().startswith(kind)), ())
    for value in values:
        if not isinstance(value, fits) or (isinstance(value, bool) and bool not in fits):
            raise ContractError(
                f"{place}: rule {quality.name} has a valid value that is none of a {type_}",
                given=repr(value),
                expected=" or ".join(kind.__name__ for kind in fits) or "a column of one value",
                mend="write texts in quotes: 'NO', '01', '12:30'",
            )


def _duplicate(quality: Quality, column: str | None, place: str, key: tuple[str, ...]) -> tuple[str | None, str | None]:
    names = quality.arguments.get("properties") or ([column] if column else list(key))
    if not isinstance(names, list):
        raise ContractError(
            f"{place}: rule {quality.name} does not say of which columns together",
            given=f"properties: {names}",
            expected="properties: a list of columns",
        )
    listed, known = ", ".join(f"`{n}`" for n in names), " AND ".join(f"`{n}` IS NOT NULL" for n in names)
    # As in SQL's UNIQUE, nulls are not duplicates of each other.
    doubled = f"SELECT 1 FROM ${{table}} WHERE {known} GROUP BY {listed} HAVING COUNT(*) > 1"  # noqa: S608 - columns of the contract
    return None, f"SELECT COUNT(*) FROM ({doubled}) AS doubled"  # noqa: S608 - as above


def _row_count(*_: object) -> tuple[str | None, str | None]:
    return None, COUNT_ROWS


_METRICS: dict[str, tuple[set[str], Callable[..., tuple[str | None, str | None]]]] = {
    "nullValues": (set(), _missing),
    "missingValues": (set(), _missing),
    "invalidValues": ({"validValues", "pattern"}, _invalid),
    "duplicateValues": ({"properties"}, _duplicate),
    "rowCount": (set(), _row_count),
}


def _on_column(column: str | None, place: str) -> str:
    if column is None:
        raise ContractError(f"{place}: this metric needs a column", mend="move the rule under a property")
    return column


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def _scope(quality: Quality, place: str) -> str | None:
    for custom in quality.customProperties:
        if custom.property != "scope" or custom.value not in SCOPES:
            raise ContractError(
                f"{place}: unknown custom property on rule {quality.name}",
                given=f"{custom.property}: {custom.value}",
                expected="scope: " + " | ".join(SCOPES),
            )
        return str(custom.value)
    return None
