"""Compares two cloud synthesis: what a deploy of the second over the first would do."""
