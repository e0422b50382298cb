"""Bronze -> silver: typed, checked, deduplicated, merged."""
