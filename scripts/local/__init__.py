"""The local runtime: an AWS account on this machine that deploys the templates and runs the machines and the jobs."""
