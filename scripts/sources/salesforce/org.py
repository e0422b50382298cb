"""The content of an org, objects with fields and records, and the SOQL that a bulk query may use."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field

QUERY = re.compile(r"SELECT (?P<fields>[\w, ]+) FROM (?P<object>\w+)(?: WHERE (?P<where>.+))?", re.IGNORECASE)
COUNT = re.compile(r"SELECT COUNT\(Id\) (?P<alias>\w+) FROM (?P<rest>.+)", re.IGNORECASE)
CONDITION = re.compile(r"(?P<field>\w+) (?P<operator>>=|<|=) (?P<value>[\d:TZ.+-]+|true|false)")
DELETED = "IsDeleted"

Record = dict[str, str]


class SoqlError(Exception):
    """A query that Salesforce refuses, with its error code."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass
class SalesforceOrg:
    """Objects by name; `types` has the types of fields that are not plain text, by `Object.Field`."""

    objects: dict[str, list[Record]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)

    def describe(self, name: str) -> list[dict[str, str]]:
        """The fields of an object.

        Raises:
            SoqlError: there is no such object.
        """
        return [{"name": f, "type": self.types.get(f"{name}.{f}", "string")} for f in self._fields(name)]

    def query(self, soql: str, *, all_rows: bool) -> tuple[str, list[str], list[Record]]:
        """The object, the fields and the records that a query selects.

        Args:
            soql: `SELECT ... FROM ... [WHERE field >= value AND field < value]`, or with OR instead of AND.
            all_rows: Whether to include deleted records.

        Raises:
            SoqlError: the query cannot be parsed, or names an object or field that does not exist.
        """
        parsed = QUERY.fullmatch(soql.strip())
        if not parsed:
            raise SoqlError("MALFORMED_QUERY", "unexpected token")
        known = {f.lower(): f for f in self._fields(parsed["object"])}
        fields = [self._field(name.strip(), known, parsed["object"]) for name in parsed["fields"].split(",")]
        records = [r for r in self.objects[parsed["object"]] if all_rows or r.get(DELETED) != "true"]
        word = " OR " if " OR " in (parsed["where"] or "") else " AND "
        conditions = []
        for part in parsed["where"].split(word) if parsed["where"] else ():
            condition = CONDITION.fullmatch(part)
            if not condition:
                raise SoqlError("MALFORMED_QUERY", f"unexpected token: {part}")
            conditions.append((self._field(condition["field"], known, parsed["object"]), condition))
        holds = any if word == " OR " else all
        if conditions:
            records = [r for r in records if holds(_holds(r[n], c["operator"], c["value"]) for n, c in conditions)]
        return parsed["object"], fields, records

    def answer(self, soql: str) -> list[dict[str, object]]:
        """The REST API's answer to a query of all rows: the records, or their number.

        Raises:
            SoqlError: the query cannot be parsed, or names an object or field that does not exist.
        """
        if counted := COUNT.fullmatch(soql.strip()):
            _, _, records = self.query(f"SELECT Id FROM {counted['rest']}", all_rows=True)
            return [{counted["alias"]: len(records)}]
        _, fields, records = self.query(soql, all_rows=True)
        return [{name: record[name] for name in fields} for record in records]

    def _fields(self, name: str) -> list[str]:
        if name not in self.objects:
            raise SoqlError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return list(self.objects[name][0])

    def _field(self, name: str, known: dict[str, str], object_: str) -> str:
        found = known.get(name.lower())
        if found is None or self.types.get(f"{object_}.{found}") == "address":
            raise SoqlError("INVALID_FIELD", f"No such column '{name}' on entity '{object_}'.")
        return found


def written(fields: list[str], records: list[Record]) -> bytes:
    """Records as the Bulk API writes them: every cell in quotes, and null as an empty one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(fields)
    writer.writerows([record[name] for name in fields] for record in records)
    return text.getvalue().encode()


def _holds(value: str, operator: str, bound: str) -> bool:
    if operator == "=":
        return value == bound
    # Moments with and without milliseconds are compared in one form.
    given, limit = value.removesuffix("Z")[:19], bound.removesuffix("Z")[:19]
    return given >= limit if operator == ">=" else given < limit
