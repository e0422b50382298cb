"""Files -> bronze: those that others put into the landing zone, and those at web addresses."""
