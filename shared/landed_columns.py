"""The names of the columns that the engine adds to every row it lands."""

INGESTED_AT = "_ingested_at"
RUN_ID = "_run_id"
SEQUENCE = "_sequence"
SOURCE_POSITION = "_source_position"
RESCUED = "_rescued"
