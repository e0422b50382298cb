"""The step of a deploy that brings Lake Formation to what the contracts say."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra.constructs.event_function import EventFunction
from shared.events import DECLARED_ACCESS
from shared.names import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_kms as kms

    from infra.constructs.artifact_asset import ArtifactAsset
    from shared.config import Environment
    from shared.governance.access import LakeAccess


TIMEOUT = Duration.minutes(15)


class DeclaredAccess(Construct):
    """A custom resource whose properties change with the access that contracts declare: only then a deploy applies it.

    The wanted access is passed as a file, since a property cannot hold that of a thousand contracts. For each call the
    function assumes the account's role that administers Lake Formation; its own role has no rights there.

    Example:
        DeclaredAccess(self, "Access", access=access, principals={"analyst": role.role_arn}, admin_role_arn=arn, ...)
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        access: LakeAccess,
        principals: Mapping[str, str],
        admin_role_arn: str,
        environment: Environment,
        code: ArtifactAsset,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        wanted = _file_asset(self, access)
        function = EventFunction(
            self,
            "OnAccessDeclared",
            event="on_access_declared",
            environment=environment,
            code=code,
            key=key,
            timeout=TIMEOUT,
            variables={Variable.ACCESS_ADMIN_ROLE: admin_role_arn},
            statements=[
                iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[admin_role_arn]),
                iam.PolicyStatement(
                    actions=["s3:GetObject"], resources=[wanted.bucket.arn_for_objects(wanted.s3_object_key)]
                ),
            ],
        )
        function.answers_cloudformation()
        self.resource = CustomResource(
            self,
            "Resource",
            service_token=function.function.function_arn,
            resource_type=DECLARED_ACCESS,
            # By default, CloudFormation waits an hour for a function that died, and again in the rollback.
            service_timeout=TIMEOUT.plus(Duration.minutes(1)),
            properties={
                "Account": Stack.of(self).account,
                "Bucket": wanted.s3_bucket_name,
                "Key": wanted.s3_object_key,
                "Principals": dict(principals),
            },
        )


def _file_asset(scope: Construct, access: LakeAccess) -> assets.Asset:
    text = access.model_dump_json()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "access.json")
        file.write_text(text, encoding="utf-8")
        return assets.Asset(scope, "Wanted", path=str(file), asset_hash=hashlib.sha256(text.encode()).hexdigest())
