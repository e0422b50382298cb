"""The nested stacks, one noun a file; each only wires constructs together."""
