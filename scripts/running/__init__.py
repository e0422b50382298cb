"""Runs machines, backfills and erasures of a lake on this computer, and serves its API."""
