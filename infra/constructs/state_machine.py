"""A state machine from its file, with the role, logs and traces it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.artifacts import ROOT
from infra.constructs.encrypted_log_group import EncryptedLogGroup
from infra.conventions.findings import accept, wildcard
from infra.rights.managed_rule import managed_rule_statement
from shared.asl_tokens import OF_STEPS, Token
from shared.log_groups import machine_logs
from shared.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_cdk import aws_kms as kms

    from infra.stacks.compute import Compute
    from infra.stacks.storage import Storage
    from shared.config import Environment
    from shared.jobs import Step

_APPLICATIONS = "arn:<AWS::Partition>:emr-serverless:<AWS::Region>:<AWS::AccountId>:/applications/*"


class StateMachine(Construct):
    """`step_functions/<definition>.asl.json` on AWS. Its rights are the statements given; the file grants none.

    Example:
        StateMachine(self, "Smoke", name="smoke", definition="smoke", tokens={...}, statements=[...], ...)
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        definition: str,
        environment: Environment,
        key: kms.IKey,
        tokens: Mapping[Token, str],
        statements: Iterable[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, id_)
        names = Names(environment)
        only_ours = {"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
        states = iam.ServicePrincipal("states.amazonaws.com", conditions=only_ours)
        role = iam.Role(self, "Role", assumed_by=states)
        for statement in statements:
            role.add_to_policy(statement)
        logs = EncryptedLogGroup(self, "Logs", environment=environment, key=key, name=machine_logs(names, name))
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=names.machine(name),
            definition_body=sfn.DefinitionBody.from_file(str(ROOT / "step_functions" / f"{definition}.asl.json")),
            definition_substitutions={token.value: value for token, value in tokens.items()},
            role=role,
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=logs, level=sfn.LogLevel.ALL, include_execution_data=True),
        )
        accept(
            role,
            {
                wildcard("*"): "X-Ray and the delivery of logs take no resource",
                wildcard(_APPLICATIONS): "a run goes on with the application it was started on",
            },
        )


def job_tokens(environment: Environment, storage: Storage, compute: Compute) -> dict[Token, str]:
    """The tokens that a machine needs to run jobs."""
    return {
        Token.ENV: environment.name,
        Token.PARTITION: compute.partition,
        Token.APPLICATION_ID: compute.application.application_id,
        Token.JOB_TIMEOUT_MINUTES: str(environment.spark.job_timeout_minutes),
        Token.ENTRY_POINT: compute.entry_point,
        Token.LOG_URI: compute.log_uri,
        Token.LOG_KEY_ARN: storage.key.key_arn,
        Token.LAKE_ROOT: storage.lake.root,
        Token.PII_ROOT: storage.pii.root,
        Token.LANDING_ROOT: storage.landing.root,
    }


def step_tokens(compute: Compute, steps: Iterable[Step]) -> dict[Token, str]:
    """The tokens that a machine needs to run some steps, each with its own workers and role."""
    found: dict[Token, str] = {}
    for step in steps:
        submit, role = OF_STEPS[step]
        found |= {submit: compute.spark_submit_parameters(step), role: compute.roles[step].role_arn}
    return found


def job_run_statements(scope: Construct, *, compute: Compute, steps: Iterable[Step]) -> list[iam.PolicyStatement]:
    """The rights to run the jobs of some steps under their roles, and to wait for them.

    They hold for any application, since a run that is under way when a deploy replaces the application continues on
    the old one. What a job run may do depends on its role, and no other role can be passed.
    """
    applications = Stack.of(scope).format_arn(service="emr-serverless", resource="/applications", resource_name="*")
    return [
        iam.PolicyStatement(
            actions=["emr-serverless:StartJobRun", "emr-serverless:GetJobRun", "emr-serverless:CancelJobRun"],
            resources=[applications],
        ),
        iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[compute.roles[step].role_arn for step in steps],
            conditions={"StringEquals": {"iam:PassedToService": "emr-serverless.amazonaws.com"}},
        ),
        managed_rule_statement(scope, "StepFunctionsGetEventsForEMRServerlessJobRule"),
    ]
