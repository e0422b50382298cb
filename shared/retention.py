"""How long what was replaced or deleted can still be found."""

# A Delta log is kept long enough that an audit a month later can still follow every commit of a run.
LOG_DAYS = 60
# How far back a table can be read and rolled back: two weeks are long enough to notice what went wrong, and longer than
# any change feed is left unread by a daily or weekly run.
HISTORY_DAYS = 14
# Long enough to notice a wrong delete. Delta's VACUUM and OPTIMIZE leave a noncurrent copy of every file they drop, so
# each day more is a day of churn paid for.
NONCURRENT_DAYS = 14
