"""`./lake docs`: web pages about the tables of a lake, generated from its contracts."""
