"""Tables that are a SELECT over other tables, kept equal to it."""
