"""Commands for an environment on AWS: preflight, deploy, smoke, drift, secrets and teardown."""
