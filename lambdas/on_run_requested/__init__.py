"""Event: a machine was started. Answers whether the run is new, and what it works on."""
