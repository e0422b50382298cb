"""`./lake generate`: synthetic data of any size for every source, from the samples and the contracts."""
