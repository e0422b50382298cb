"""What exists on AWS: one top-level stack, one nested stack for each noun, constructs for the parts."""
