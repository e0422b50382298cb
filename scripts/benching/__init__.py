"""`./lake bench`: what the engine costs, against the plainest way to do the same, in one run."""
