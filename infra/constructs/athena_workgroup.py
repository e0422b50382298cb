"""The Athena workgroup in which a role of readers queries the lake; no other role reads its results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:
    from infra.constructs.place import Place

# A query that reads more is stopped: at list prices it costs five dollars.
SCANNED_BYTES_LIMIT = 1_000_000_000_000
QUERYING = ("StartQueryExecution", "StopQueryExecution", "GetQueryExecution", "GetQueryResults", "GetWorkGroup")


class AthenaWorkgroup(Construct):
    """A workgroup of one role, whose settings bind its clients.

    Lake Formation does not govern results, so each role has its own workgroup and folder: in a shared one, the role
    that may see least could read the results of the one that may see all.

    Example:
        AthenaWorkgroup(self, "Queries", name=names.workgroup("sales"), results=place, folder="results/sales")
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, results: Place, folder: str) -> None:
        super().__init__(scope, id_)
        self._results, self._folder = results, folder
        self._name = name
        configuration = athena.CfnWorkGroup.WorkGroupConfigurationProperty(
            enforce_work_group_configuration=True,
            publish_cloud_watch_metrics_enabled=True,
            bytes_scanned_cutoff_per_query=SCANNED_BYTES_LIMIT,
            engine_version=athena.CfnWorkGroup.EngineVersionProperty(selected_engine_version="Athena engine version 3"),
            result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                output_location=f"{results.root}/{folder}/",
                encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                    encryption_option="SSE_S3"
                ),
            ),
        )
        athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=name,
            description="Queries of one role that reads the lake",
            recursive_delete_option=True,
            work_group_configuration=configuration,
        )

    def query_statements(self) -> list[iam.PolicyStatement]:
        """The rights to query in the workgroup and to read the results."""
        arn = Stack.of(self).format_arn(service="athena", resource="workgroup", resource_name=self._name)
        return [
            iam.PolicyStatement(actions=[f"athena:{action}" for action in QUERYING], resources=[arn]),
            iam.PolicyStatement(
                actions=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
                resources=[self._results.bucket.arn_for_objects(f"{self._folder}/*")],
            ),
            iam.PolicyStatement(actions=["s3:GetBucketLocation"], resources=[self._results.bucket.bucket_arn]),
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[self._results.bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": [self._folder, f"{self._folder}/*"]}},
            ),
        ]

    def close_to_others(self, role_arn: str) -> None:
        """Deny everybody else in the account the results of the queries, administrators too."""
        self._results.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="OnlyWhoAsked" + self.node.id,
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:GetObject*"],
                resources=[self._results.bucket.arn_for_objects(f"{self._folder}/*")],
                conditions={"ArnNotEquals": {"aws:PrincipalArn": role_arn}},
            )
        )

    def findings(self) -> dict[str, str]:
        """What cdk-nag finds in these rights, and why it is accepted."""
        return {self._results.finding(self._folder): "Athena names each result"}
