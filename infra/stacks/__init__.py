"""The nested stacks, one subject per file; each only wires constructs together."""
