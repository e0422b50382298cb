"""What stands in for the source systems on a laptop, and what it delivers."""
