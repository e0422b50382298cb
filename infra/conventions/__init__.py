"""Conventions of all stacks: tags, paths and boundaries of roles, removal policies, accepted findings."""
