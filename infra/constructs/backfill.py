"""The state machine of a backfill, which runs another machine once for each window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam

from infra.constructs.state_machine import StateMachine
from infra.conventions.findings import accept, wildcard
from infra.rights.managed_rule import managed_rule_statement
from shared.asl_tokens import Token
from shared.backfill import BACKFILL_MACHINE, RUN_BY
from shared.names import Names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

    from shared.config import Environment
    from shared.names import Machine


class Backfill(StateMachine):
    """`step_functions/backfill.asl.json`, which may run two other machines and nothing else.

    Example:
        Backfill(self, "Backfill", machines=self.machines, function=on_backfill_requested, ...)
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        key: kms.IKey,
        partition: str,
        function: lambda_.IFunction,
        machines: Mapping[Machine, StateMachine],
    ) -> None:
        started = {Token(f"{name}_arn"): machines[name].machine.state_machine_arn for name in RUN_BY}
        executions = [f"{Names(environment).machine(name)}:*" for name in RUN_BY]
        super().__init__(
            scope,
            id_,
            name=BACKFILL_MACHINE,
            definition=BACKFILL_MACHINE,
            environment=environment,
            key=key,
            tokens={
                Token.PARTITION: partition,
                Token.JOB_TIMEOUT_MINUTES: str(environment.spark.job_timeout_minutes),
                Token.ON_BACKFILL_REQUESTED_ARN: function.function_arn,
                **started,
            },
            statements=[
                iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn]),
                iam.PolicyStatement(actions=["states:StartExecution"], resources=list(started.values())),
                *_waiting(Stack.of(scope), executions),
            ],
        )
        place = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:"
        accept(self, {wildcard(place + name): "every run has a name of its own" for name in executions})


def _waiting(stack: Stack, executions: list[str]) -> list[iam.PolicyStatement]:
    """The rights to wait for executions, and to stop them with the task that waits."""
    arns = [
        stack.format_arn(
            service="states", resource="execution", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        for name in executions
    ]
    return [
        iam.PolicyStatement(actions=["states:DescribeExecution", "states:StopExecution"], resources=arns),
        managed_rule_statement(stack, "StepFunctionsGetEventsForStepFunctionsExecutionRule"),
    ]
