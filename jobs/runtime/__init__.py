"""What every step builds on: session, tables, commit protocol, outcomes."""
