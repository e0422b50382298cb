"""The removal policy of resources with data: they stay when their stack is deleted or they are replaced."""

from __future__ import annotations

from aws_cdk import RemovalPolicy

# In every environment: deleting data takes `allow_data_deletion` and a second confirmation, which only ./lake teardown
# asks for. After a failed first deploy the resource is removed all the same, so that the next one can use its name.
KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
