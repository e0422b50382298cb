"""Stand-ins for the source systems on a laptop, and the data that they deliver."""
