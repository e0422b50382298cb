"""Rights that several constructs grant, as policy statements."""
