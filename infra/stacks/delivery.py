"""Deployment from GitHub: a role that one environment of one repository may assume, without an access key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, NestedStack
from aws_cdk import aws_iam as iam

from infra.conventions.findings import accept, wildcard
from shared.names import Names

if TYPE_CHECKING:
    from constructs import Construct

    from shared.config import Environment
    from shared.config.model import GitHub

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"


class Delivery(NestedStack):
    """The role of the deployment workflow, which may only assume the roles that `cdk bootstrap` made for deploying."""

    def __init__(self, scope: Construct, id_: str, *, environment: Environment, github: GitHub) -> None:
        super().__init__(scope, id_, description="Lakewright: who deploys from GitHub")
        provider = self.format_arn(service="iam", region="", resource="oidc-provider", resource_name=ISSUER)
        # The subject of a job that names an environment has that instead of a branch; the comparison is exact.
        subject = f"repo:{github.repository}:environment:{github.environment or environment.name}"
        role = iam.Role(
            self,
            "Deployer",
            role_name=Names(environment).deployer_role,
            description=f"Deploys {environment.name} from {github.repository}",
            assumed_by=iam.WebIdentityPrincipal(
                provider, conditions={"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": subject}}
            ),
        )
        qualifier = environment.bootstrap_qualifier
        bootstrapped = f"cdk-{qualifier}-*-{self.account}-{self.region}"
        arn = self.format_arn(service="iam", region="", resource="role", resource_name=bootstrapped)
        role.add_to_policy(iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[arn]))
        finding = f"arn:<AWS::Partition>:iam::<AWS::AccountId>:role/cdk-{qualifier}-*-<AWS::AccountId>-<AWS::Region>"
        accept(role, {wildcard(finding): "the four roles of the bootstrap stack, which trust the account"})
        CfnOutput(self, "DeployerArn", value=role.role_arn)
