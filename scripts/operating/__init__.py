"""Looks after an environment on AWS: before, during and after a deploy."""
