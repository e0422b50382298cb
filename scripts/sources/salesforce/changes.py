"""What changes in the Salesforce org between the two days of the demo, besides the lost deals."""

from __future__ import annotations

from dataclasses import dataclass

STAMP = "2026-03-08T09:00:00.000Z"


@dataclass(frozen=True, kw_only=True)
class Change:
    """A record that is different on the second day."""

    object: str
    id: str
    what: str
    cells: dict[str, str]


def _deleted(object_: str, id_: str) -> Change:
    cells = {"IsDeleted": "true", "SystemModstamp": STAMP}
    return Change(object=object_, id=id_, what="put into the recycle bin", cells=cells)


CHANGES = (
    _deleted("Task", "00TEc00000Co1WhMAJ"),
    _deleted("Lead", "00QEc00000BBaeXMAT"),
    Change(
        object="Opportunity",
        id="006bm00000LKJNPAA5",
        what="a deal won is worth more",
        cells={"Amount": "240000", "SystemModstamp": STAMP, "LastModifiedDate": STAMP},
    ),
    Change(
        object="Case",
        id="500Ec000009YUY9IAO",
        what="settled",
        cells={"Status": "Closed", "IsClosed": "true", "ClosedDate": STAMP, "SystemModstamp": STAMP},
    ),
)
# Committed late: not visible on the first day, and on the second with their own, older timestamp.
HELD_BACK = {"Lead": {"00QEc00000BBaeZMAT"}, "CampaignMember": {"00vEc000000jeIqIAI"}}
