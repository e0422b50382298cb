"""Which values can be searched for in text, and the text of a quarantined row that they are searched for in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.source_model import KAFKA

if TYPE_CHECKING:
    from shared.contracts import Table

# Shorter values occur by chance in many files and lines, so finding one proves nothing.
MIN_SEARCHABLE = 6
# The parts of a Kafka record that the quarantine stores as Base64.
BYTES = ("key", "value")


def searchable_text(table: Table) -> str:
    """SQL for the text of a quarantined row `t`; for a Kafka record, with its decoded bytes as far as they are text."""
    if not is_topic(table):
        return "t.row"
    parts = (f"CAST(try_to_binary(get_json_object(t.row, '$.{part}'), 'base64') AS STRING)" for part in BYTES)
    return f"concat_ws(' ', t.row, {', '.join(parts)})"


def is_topic(table: Table) -> bool:
    """Whether a table's rows are Kafka records, whose bytes its quarantine stores."""
    return table.source is not None and table.source.type == KAFKA


def is_searchable(key: str) -> bool:
    """Whether a key is long and plain enough to be searched for in malformed lines."""
    return len(key) >= MIN_SEARCHABLE and key.isalnum()
