"""Where readers query the lake: an Athena workgroup that writes its results to a bucket of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.findings import wildcard
from infra.constructs.private_bucket import PrivateBucket
from infra.constructs.retention import removal_policy

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3

    from shared.config import Environment

RESULT_DAYS = 7
# A query that reads more is stopped: at list prices it costs five dollars.
SCANNED_BYTES_LIMIT = 1_000_000_000_000
QUERYING = ("StartQueryExecution", "StopQueryExecution", "GetQueryExecution", "GetQueryResults", "GetWorkGroup")


class AthenaWorkgroup(Construct):
    """A workgroup whose settings bind its clients. Results lie outside of what Lake Formation governs, for a week.

    Example:
        AthenaWorkgroup(self, "Readers", name="lakewright-prod", environment=env, access_logs=logs)
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, environment: Environment, access_logs: s3.IBucket
    ) -> None:
        super().__init__(scope, id_)
        # A reader may use no key of the lake, and results are read by whoever asked: S3's own encryption does.
        self._results = PrivateBucket(
            self,
            "Results",
            access_logs=access_logs,
            expire={"results/": RESULT_DAYS},
            removal_policy=removal_policy(environment, wanted=RemovalPolicy.DESTROY),
        )
        self._name = name
        configuration = athena.CfnWorkGroup.WorkGroupConfigurationProperty(
            enforce_work_group_configuration=True,
            publish_cloud_watch_metrics_enabled=True,
            bytes_scanned_cutoff_per_query=SCANNED_BYTES_LIMIT,
            engine_version=athena.CfnWorkGroup.EngineVersionProperty(selected_engine_version="Athena engine version 3"),
            result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                output_location=f"s3://{self._results.bucket_name}/results/",
                encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                    encryption_option="SSE_S3"
                ),
            ),
        )
        athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=name,
            description="Those who read the lake",
            recursive_delete_option=True,
            work_group_configuration=configuration,
        )

    def query_statements(self) -> list[iam.PolicyStatement]:
        """The rights to query here and to read what came of it."""
        arn = Stack.of(self).format_arn(service="athena", resource="workgroup", resource_name=self._name)
        return [
            iam.PolicyStatement(actions=[f"athena:{action}" for action in QUERYING], resources=[arn]),
            iam.PolicyStatement(
                actions=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
                resources=[self._results.arn_for_objects("results/*")],
            ),
            iam.PolicyStatement(
                actions=["s3:GetBucketLocation", "s3:ListBucket"], resources=[self._results.bucket_arn]
            ),
        ]

    def findings(self) -> dict[str, str]:
        """What cdk-nag says about these rights, and why it is as it should be."""
        logical_id = Stack.of(self).get_logical_id(self._results.node.default_child)  # type: ignore[arg-type]
        return {wildcard(f"<{logical_id}.Arn>/results/*"): "Athena names each result"}
