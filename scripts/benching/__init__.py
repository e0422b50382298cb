"""`./lake bench`: measures what the engine costs compared with the simplest way to do the same, in one run."""
