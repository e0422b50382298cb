"""It is time to look after the lake: which tables are older than their contracts promise?"""
