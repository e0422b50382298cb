"""The columns that the engine adds to every row it lands."""

from shared.contracts.column import Column
from shared.landed_columns import INGESTED_AT, RESCUED, RUN_ID, SEQUENCE, SOURCE_POSITION

# A contract cannot declare them.
LANDED_COLUMNS = (
    Column(name=INGESTED_AT, type="timestamp", required=True, description="When the row was landed, UTC."),
    Column(name=RUN_ID, type="string", required=True, description="The run that landed the row."),
    Column(name=SEQUENCE, type="bigint", required=True, description="The batch of this table that landed the row."),
    Column(name=SOURCE_POSITION, type="string", description="Where in the source the row stood."),
    Column(name=RESCUED, type="string", description="Columns the contract does not know, as JSON."),
)
# Those that a row-local query must select, so that a refused row can say where it came from.
CARRIED_COLUMNS = (SEQUENCE, SOURCE_POSITION)
