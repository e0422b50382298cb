"""The columns of a table of people whose changes are all recorded, with or without their city."""

_NAMED = """\
      - name: person_id
        logicalType: integer
        physicalType: bigint
        primaryKey: true
        transformSourceObjects: [bronze.desk__people]
        description: Number.
      - {name: name, logicalType: string, physicalType: string, description: Name.}
"""
_CITY = "      - {name: city, logicalType: string, physicalType: string, description: City.}\n"
_CHANGED = "      - {name: changed_at, logicalType: timestamp, physicalType: timestamp, description: Change.}\n"
PEOPLE = _NAMED + _CHANGED
PEOPLE_AND_CITIES = _NAMED + _CITY + _CHANGED
