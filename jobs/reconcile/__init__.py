"""The lake against its sources, and its layers against each other."""
