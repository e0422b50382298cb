"""How long replaced and deleted data can still be found."""

# A Delta log is kept long enough that an audit a month later can still follow every commit of a run.
LOG_DAYS = 60
# How far back a table can be read and rolled back: two weeks are long enough to notice what went wrong, and longer than
# any change feed is left unread by a daily or weekly run.
HISTORY_DAYS = 14
# Long enough to notice a wrong delete. Delta's VACUUM and OPTIMIZE leave a noncurrent copy of every file they drop, so
# each day more is a day of churn paid for.
NONCURRENT_DAYS = 14
# Upkeep runs once a week, and has Delta delete what its log has held for too long.
UPKEEP_DAYS = 7
# Delta deletes a log by whole days, and S3 an old version with the midnight that follows, give or take a day.
ROUNDED_DAYS = 3
# After so many days nothing that was deleted can be found: upkeep has deleted its log, and S3 the file of that log.
GONE_DAYS = LOG_DAYS + UPKEEP_DAYS + NONCURRENT_DAYS + ROUNDED_DAYS
