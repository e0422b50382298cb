"""Builds the archives that jobs and Lambda functions run from, named by their content."""
