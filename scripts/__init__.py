"""What stands on top of the wings: the `lake` command line, the local runtime, samples and setup."""
