"""The local runtime: a stand-in for an AWS account that deploys the templates and runs the machines and the jobs."""
