"""Event: a backfill was requested. Answers with the windows that it runs, one after the other."""
