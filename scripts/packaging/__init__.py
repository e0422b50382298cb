"""Builds the files that jobs and Lambdas run from, under the names their content gives them."""
