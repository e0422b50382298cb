"""Contracts of people from two systems, each with its own flow, and of the table over both."""

from __future__ import annotations

from tests.support.small_contracts import bronze, contract

FIRST, SECOND, PEOPLE = "silver.called", "silver.written", "silver.people"
PERSON = """\
      - name: person_id
        logicalType: integer
        physicalType: bigint
        primaryKey: true
        {of_flow}
        description: Number.
      - {{name: name, logicalType: string, physicalType: string, description: Name.}}
      - {{name: city, logicalType: string, physicalType: string, description: City.}}
      - {{name: changed_at, logicalType: timestamp, physicalType: timestamp, description: Change.}}
"""
FLOW = "      - {name: flow, logicalType: string, physicalType: string, required: true, description: Flow.}\n"
MERGED = {"writeDisposition": "merge", "sequenceBy": "[changed_at]", "applyAsDeletes": "\"op = 'D'\""}


def source_of(flow: str) -> str:
    """The landed table of a flow."""
    return f"bronze.desk__{flow.partition('.')[2]}"


def two_flows() -> dict[str, str]:
    """The texts of all contracts, by table."""
    over = {"writeDisposition": "refresh", "priority": f"[{FIRST}, {SECOND}]"}
    found = {PEOPLE: contract(PEOPLE, PERSON.format(of_flow="required: true") + FLOW, over)}
    for flow in (FIRST, SECOND):
        source = source_of(flow)
        found[source] = bronze(source, "append", "person_id", "name", "city", "op", "changed_at")
        found[flow] = contract(flow, PERSON.format(of_flow=f"transformSourceObjects: [{source}]"), MERGED)
    return found
