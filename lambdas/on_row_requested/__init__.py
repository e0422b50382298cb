"""A row of a served table was asked for: here it is, or why not."""
