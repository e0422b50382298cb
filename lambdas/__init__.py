"""The Lambda functions, one folder for each event: from state machines, AWS services, deploys and the API."""
