"""A backfill was asked for: which windows does it run, one after the other?"""
