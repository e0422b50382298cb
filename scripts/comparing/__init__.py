"""Compares two cloud assemblies: what a deploy of the second over the first would do."""
