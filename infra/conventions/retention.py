"""What becomes of what has data in it when its stack goes, or its resource is replaced: it stays."""

from __future__ import annotations

from aws_cdk import RemovalPolicy

# In every environment: that `allow_data_deletion` is deployed is one of two keys, and CloudFormation asks for no other.
# When the first deploy of all fails it is still removed, so that the next one can use the names.
KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
