"""Event: a row of a served table was requested. Answers with the row, or says why there is none."""
