"""Source systems -> bronze: exactly what the source said, once each."""
