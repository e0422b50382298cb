"""What a changed contract means for a table that exists. The policy is docs/schema_evolution.md."""
