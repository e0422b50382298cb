"""How long what was deleted can still be found: the days that an erasure has to wait for."""

# A Delta log is kept long enough that an audit a month later can still follow every commit of a run.
LOG_DAYS = 60
# Long enough to notice a wrong delete. Delta's VACUUM and OPTIMIZE leave a noncurrent copy of every file they drop, so
# each day more is a day of churn paid for.
NONCURRENT_DAYS = 14
