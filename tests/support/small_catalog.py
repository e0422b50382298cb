"""A catalog of four small tables, in whose files a test can replace words."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from shared.contracts import load_catalog
from shared.errors import ContractError

NOTES = "bronze/desk__notes.odcs.yaml"
PEOPLE = "silver/people.odcs.yaml"
VISITS = "silver/visits.odcs.yaml"
DAYS = "gold/days.odcs.yaml"
DAYS_SQL = "gold/days.sql"

FILES: Mapping[str, str] = {
    NOTES: """\
apiVersion: v3.1.0
kind: DataContract
id: bronze-desk-notes
name: desk__notes
version: 1.0.0
status: active
description:
  purpose: Notes the desk takes.
servers:
  - server: desk
    type: snowflake
    account: desk
    database: DESK
    schema: FRONT
schema:
  - name: desk__notes
    physicalName: NOTES
    physicalType: table
    dataGranularityDescription: One row per note and version.
    properties:
      - {name: id, logicalType: integer, physicalType: bigint, primaryKey: true, description: Note.}
      - {name: who, logicalType: string, physicalType: string, description: Person.}
      - {name: day, logicalType: string, physicalType: string, description: Day.}
      - {name: seen, logicalType: timestamp, physicalType: timestamp, description: Stamp.}
    customProperties:
      - {property: writeDisposition, value: append}
      - {property: cursor, value: seen}
      - {property: lag, value: 15 minutes}
      - {property: initialValue, value: "2020-01-01T00:00:00Z"}
""",
    PEOPLE: """\
apiVersion: v3.1.0
kind: DataContract
id: silver-people
name: people
version: 1.0.0
status: active
description:
  purpose: People.
schema:
  - name: people
    physicalType: table
    dataGranularityDescription: One row per person.
    properties:
      - name: person
        logicalType: string
        physicalType: string
        primaryKey: true
        transformSourceObjects: [bronze.desk__notes]
        transformLogic: trim(who)
        description: Person.
      - {name: seen_at, logicalType: timestamp, physicalType: timestamp, transformLogic: seen, description: Stamp.}
    customProperties:
      - {property: writeDisposition, value: merge}
      - {property: sequenceBy, value: [seen_at]}
""",
    VISITS: """\
apiVersion: v3.1.0
kind: DataContract
id: silver-visits
name: visits
version: 1.0.0
status: active
description:
  purpose: Visits.
schema:
  - name: visits
    physicalType: table
    dataGranularityDescription: One row per visit.
    properties:
      - name: visit_id
        logicalType: integer
        physicalType: bigint
        primaryKey: true
        transformSourceObjects: [bronze.desk__notes]
        transformLogic: id
        description: Visit.
      - name: person
        logicalType: string
        physicalType: string
        transformLogic: trim(who)
        relationships:
          - {type: foreignKey, to: people.person}
        description: Person.
      - name: visit_date
        logicalType: date
        physicalType: date
        logicalTypeOptions:
          format: dd.MM.yyyy
        transformLogic: day
        quality:
          - name: not_before_opening
            type: sql
            query: SELECT COUNT(*) FROM ${table} WHERE visit_date < DATE'2020-01-01'
            mustBe: 0
            severity: warning
        description: Day.
      - {name: seen_at, logicalType: timestamp, physicalType: timestamp, transformLogic: seen, description: Stamp.}
    quality:
      - name: not_empty
        type: library
        metric: rowCount
        mustBeGreaterThan: 0
        customProperties:
          - {property: scope, value: table}
    customProperties:
      - {property: writeDisposition, value: merge}
      - {property: sequenceBy, value: [seen_at]}
""",
    DAYS: """\
apiVersion: v3.1.0
kind: DataContract
id: gold-days
name: days
version: 1.0.0
status: active
description:
  purpose: Visits by day.
schema:
  - name: days
    physicalType: table
    dataGranularityDescription: One row per day.
    properties:
      - {name: visit_date, logicalType: date, physicalType: date, primaryKey: true, description: Day.}
      - {name: visits, logicalType: integer, physicalType: bigint, description: Visits.}
    customProperties:
      - {property: writeDisposition, value: refresh}
""",
    DAYS_SQL: """\
SELECT visit_date,
       COUNT(*) AS visits
FROM   silver.visits
GROUP BY visit_date
""",
}


def write_catalog(folder: Path, changes: Mapping[str, tuple[str, str]] | None = None) -> Path:
    """Write the small catalog.

    Args:
        folder: An empty folder.
        changes: By file, text that occurs in it once and its replacement.
    """
    for name, text in FILES.items():
        old, new = (changes or {}).get(name, ("", ""))
        if old and text.count(old) != 1:
            raise ValueError(f"{old!r} stands {text.count(old)} times in {name}")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return folder


def refusal(folder: Path, file: str, old: str, new: str) -> str:
    """Replace text in one file of the small catalog, and return why the catalog is then refused."""
    write_catalog(folder, {file: (old, new)})
    with pytest.raises(ContractError) as refused:
        load_catalog(folder)
    return str(refused.value)
