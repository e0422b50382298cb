"""The `lake` command line, its set-up, the local runtime, the stand-ins for the sources, and the samples."""
