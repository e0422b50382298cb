"""What `infra`, `jobs` and `lambdas` have in common: contracts, configuration, names, errors, jobs and events."""
