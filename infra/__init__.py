"""What exists on AWS: one top-level stack, one nested stack for each subject, and the constructs they are made of."""
