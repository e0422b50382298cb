"""Bronze -> silver: typed, ruled, deduplicated, merged."""
