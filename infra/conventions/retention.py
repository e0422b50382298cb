"""The removal policy of resources with data: they stay when their stack is deleted or they are replaced."""

from __future__ import annotations

from aws_cdk import RemovalPolicy

# In every environment, since CloudFormation asks for no other confirmation than the deployed `allow_data_deletion`, and
# deleting data takes two. After a failed first deploy the resource is still removed, so that the next can use its name.
KEPT = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
