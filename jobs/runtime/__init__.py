"""What every step stands on: session, tables, commit protocol, outcomes."""
