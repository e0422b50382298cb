"""Upkeep of tables: small files made few, old ones removed, and the way back to an earlier run."""
