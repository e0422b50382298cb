"""The HTTP API of the served rows: every GET goes to one function, once IAM has authorized the caller."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_iam as iam
from aws_cdk.aws_apigatewayv2 import CfnStage
from aws_cdk.aws_apigatewayv2_authorizers import HttpIamAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.constructs.encrypted_log_group import EncryptedLogGroup
from infra.conventions.findings import accept, wildcard
from shared.log_groups import api_logs
from shared.names import Names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_

    from shared.config import Environment

STAGE = "$default"
# What a new account's ten concurrent functions answer at about 100 ms each, and twice that for a moment.
REQUESTS_PER_SECOND, BURST = 100, 200
# The caller and the result, but not the path: a path names a row, and so a person.
ACCESS = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "caller": "$context.identity.userArn",
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
}


class RowApi(Construct):
    """An API with one route, for signed requests of the account's principals whose own policies admit them.

    Example:
        RowApi(self, "Api", environment=env, key=key, function=function)
    """

    def __init__(
        self, scope: Construct, id_: str, *, environment: Environment, key: kms.IKey, function: lambda_.IFunction
    ) -> None:
        super().__init__(scope, id_)
        name = Names(environment).stack
        self._api = apigatewayv2.HttpApi(
            self,
            "Api",
            api_name=name,
            description=f"Lakewright {environment.name}: rows of gold, one by one",
            create_default_stage=False,
        )
        self._api.add_routes(
            path="/{proxy+}",
            methods=[apigatewayv2.HttpMethod.GET],
            integration=HttpLambdaIntegration("Rows", function),
            authorizer=HttpIamAuthorizer(),
        )
        logs = EncryptedLogGroup(self, "Access", environment=environment, key=key, name=api_logs(Names(environment)))
        CfnStage(
            self,
            "Stage",
            api_id=self.api_id,
            stage_name=STAGE,
            auto_deploy=True,
            default_route_settings=CfnStage.RouteSettingsProperty(
                throttling_rate_limit=REQUESTS_PER_SECOND, throttling_burst_limit=BURST
            ),
            access_log_settings=CfnStage.AccessLogSettingsProperty(
                destination_arn=logs.log_group_arn, format=json.dumps(ACCESS)
            ),
        )

    @property
    def api_id(self) -> str:
        """The API's id."""
        return self._api.api_id

    @property
    def url(self) -> str:
        """The address of the API, before the path of a row."""
        return self._api.api_endpoint

    def grant_read(self, id_: str, *, prefix: str, roles: Sequence[iam.IRole]) -> None:
        """Let roles request the rows whose paths begin with a prefix such as `/customers/`, and no others.

        The policy names the stage, since an asterisk in its place would also match part of the path.
        """
        place = f"{STAGE}/GET{prefix}*"
        rows = Stack.of(self).format_arn(
            service="execute-api", resource=self.api_id, resource_name=place, arn_format=ArnFormat.SLASH_RESOURCE_NAME
        )
        policy = iam.Policy(
            self,
            id_,
            roles=roles,
            statements=[iam.PolicyStatement(actions=["execute-api:Invoke"], resources=[rows])],
        )
        resource = self._api.node.default_child
        assert isinstance(resource, apigatewayv2.CfnApi)  # noqa: S101 - narrows the type
        api = f"<{Stack.of(self).get_logical_id(resource)}>"
        arn = f"arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:{api}/{place}"
        accept(policy, {wildcard(arn): "who reads a table may ask for each of its rows"})
