"""Upkeep of tables (expired rows deleted, small files compacted, old ones removed), and rollback to an earlier run."""
