"""How a source system is reached, by the type that its contracts give it."""

# A login, which a secret holds, and an address, which the environment's file gives.
SECRET_TYPES = frozenset({"kafka", "salesforce", "snowflake"})
ADDRESSED_TYPES = frozenset({"api", "redshift"})
