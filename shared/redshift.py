"""How a Redshift is named, in an environment's file and in the parameter of its source: by its ARN."""

from __future__ import annotations

import re

CLUSTER = re.compile(r"arn:[a-z-]+:redshift:[a-z0-9-]+:\d{12}:cluster:([a-z][a-z0-9-]{0,62})")
WORKGROUP = re.compile(r"arn:[a-z-]+:redshift-serverless:[a-z0-9-]+:\d{12}:workgroup/.+")
WANTED = "the ARN of a cluster or of a serverless workgroup"


def is_warehouse(address: str) -> bool:
    """Whether an address is the ARN of a cluster or of a serverless workgroup."""
    return bool(CLUSTER.fullmatch(address) or WORKGROUP.fullmatch(address))
