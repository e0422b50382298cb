"""Pages about the tables of a lake, made from its contracts."""
