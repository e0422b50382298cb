"""The last step of a run: which version of every table it left."""
