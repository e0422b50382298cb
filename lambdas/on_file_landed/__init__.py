"""Event: a file landed. Starts a run that brings the tables it feeds up to date."""
