"""Termination protection, which the CDK command line sets after it has created a stack.

What moto 5.2.5 does differently: it accepts the flag when a stack is created, and lacks the operation to change it.
"""

from __future__ import annotations

from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult


def _update_termination_protection(self: CloudFormationResponse) -> ActionResult:
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    stack.enable_termination_protection = self._get_param("EnableTerminationProtection")
    return ActionResult({"StackId": stack.stack_id})


def install() -> None:
    """Add the operation; a second call changes nothing."""
    CloudFormationResponse.update_termination_protection = _update_termination_protection
