"""How a source system is reached, by the type that its contracts give it."""

# A login, which a secret holds, and an address, which the environment's file gives.
SECRET_TYPES = frozenset({"kafka", "salesforce", "snowflake"})
ADDRESSED_TYPES = frozenset({"api", "redshift"})
# The login of MSK for which the job's role is the credential.
MSK_IAM = "AWS_MSK_IAM"


def connection_by_role(bootstrap_servers: str) -> dict[str, str]:
    """How a cluster of MSK is entered by the job's role, in the form that the secret of a Kafka system has."""
    return {"bootstrap_servers": bootstrap_servers, "security_protocol": "SASL_SSL", "sasl_mechanism": MSK_IAM}
