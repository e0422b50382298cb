"""Synthetic data of any size for every source, made of the samples and the contracts."""
