"""Event: steps of a run ended. Answers with their verdict."""
