"""Event: a job run ended. Records what it was billed for."""
