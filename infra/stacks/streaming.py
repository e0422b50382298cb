"""Kafka: a cluster, if the environment wants one, and an application for the job that reads topics within minutes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, NestedStack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm

from infra.artifacts import LAMBDAS
from infra.constructs.artifact_asset import ArtifactAsset
from infra.constructs.kafka_cluster import KafkaCluster
from infra.constructs.spark_application import SparkApplication
from infra.conventions.findings import accept, spelled, wildcard
from infra.rights.kafka import group_arn, kafka_read_statements
from shared.contracts.connections import connection_by_role, kafka_sources, kafka_systems, kafka_topics
from shared.jobs import Step
from shared.names import Names, source_parameter

if TYPE_CHECKING:
    from constructs import Construct

    from infra.constructs.placement import Placement
    from infra.stacks.compute import Compute
    from infra.stacks.storage import Storage
    from shared.config import Environment
    from shared.contracts import Catalog

# How often EMR restarts a job run within an hour before it lets it fail.
ATTEMPTS_AN_HOUR = 5
NEVER_ENDS = 0


class Streaming(NestedStack):
    """An application that never has to wait for the daily batch, and a StartJobRun request in a parameter.

    The job is started once, by hand: EMR restarts it when it fails, and after a deploy it runs the new code only once
    somebody restarts it. It has the role of ingest, which is admitted to the cluster if one is made.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        catalog: Catalog,
        storage: Storage,
        compute: Compute,
        placement: Placement | None,
    ) -> None:
        super().__init__(scope, id_, description="Lakewright: a cluster of Kafka, and the job that reads it")
        self._environment, self._catalog, self._storage, self._compute = environment, catalog, storage, compute
        self.application: SparkApplication | None = None
        if environment.kafka.serverless and placement:
            self._cluster(placement)
        if every_seconds := environment.kafka.every_seconds:
            self.application = self._application(placement)
            self._request(self.application, every_seconds)

    def _cluster(self, placement: Placement) -> None:
        """Make a cluster, give jobs its addresses, and let their role read the topics of the contracts."""
        code = ArtifactAsset(self, "Lambdas", artifact=LAMBDAS)
        cluster = KafkaCluster(
            self, "Kafka", environment=self._environment, placement=placement, code=code, key=self._storage.key
        )
        for system in kafka_systems(self._catalog):
            ssm.StringParameter(
                self,
                f"{system.capitalize()}Address",
                parameter_name=source_parameter(self._environment.name, system),
                string_value=self.to_json_string(connection_by_role(cluster.bootstrap_servers)),
            )
        reading = iam.Policy(
            self,
            "Reading",
            roles=[self._compute.roles[Step.INGEST]],
            statements=kafka_read_statements(cluster.arn, kafka_topics(self._catalog)),
        )
        accept(
            reading, {wildcard(spelled(self, group_arn(cluster.arn))): "Spark makes a group of its own for each read"}
        )
        CfnOutput(self, "KafkaClusterArn", value=cluster.arn)
        CfnOutput(self, "KafkaSecurityGroup", value=cluster.security_group_id)

    def _application(self, placement: Placement | None) -> SparkApplication:
        return SparkApplication(
            self,
            "Streaming",
            name=f"{Names(self._environment).stack}-streaming",
            environment=self._environment,
            log_uri=self._compute.log_uri,
            key_arn=self._storage.key.key_arn,
            placement=placement,
        )

    def _request(self, application: SparkApplication, every_seconds: int) -> None:
        job = {
            "env": self._environment.name,
            "step": Step.INGEST,
            "run_id": "kafka-stream",
            "attempt": "stream",
            # Any day will do: no query of the ingest step uses the business date.
            "business_date": "1970-01-01",
            "lake_root": self._storage.lake.root,
            "pii_root": self._storage.pii.root,
            "landing_root": self._storage.landing.root,
            "tables": list(kafka_sources(self._catalog)),
            "every_seconds": every_seconds,
        }
        request = {
            "applicationId": application.application_id,
            "executionRoleArn": self._compute.roles[Step.INGEST].role_arn,
            "name": "kafka-stream",
            "mode": "STREAMING",
            "retryPolicy": {"maxFailedAttemptsPerHour": ATTEMPTS_AN_HOUR},
            "executionTimeoutMinutes": NEVER_ENDS,
            "jobDriver": {
                "sparkSubmit": {
                    "entryPoint": self._compute.entry_point,
                    "entryPointArguments": ["--job", json.dumps(job)],
                    "sparkSubmitParameters": self._compute.spark_submit_parameters(Step.INGEST),
                }
            },
        }
        ssm.StringParameter(
            self,
            "Request",
            parameter_name=f"/lakewright/{self._environment.name}/jobs/kafka_stream",
            tier=ssm.ParameterTier.ADVANCED,
            string_value=self.to_json_string(request),
        )
