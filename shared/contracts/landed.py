"""What the engine adds to every row it lands."""

from shared.contracts.column import Column

# A contract cannot declare them.
LANDED_COLUMNS = (
    Column(name="_ingested_at", type="timestamp", required=True, description="When the row was landed, UTC."),
    Column(name="_run_id", type="string", required=True, description="The run that landed the row."),
    Column(name="_sequence", type="bigint", required=True, description="The batch of this table that landed the row."),
    Column(name="_source_position", type="string", description="Where in the source the row stood."),
    Column(name="_rescued", type="string", description="Columns the contract does not know, as JSON."),
)
# Those of them that a row-local query hands on, so that a refused row can say where it came from.
CARRIED_COLUMNS = ("_sequence", "_source_position")
