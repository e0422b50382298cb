"""Compares the lake with its sources, and each refined table with the bronze table that it is made of."""
