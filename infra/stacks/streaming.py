"""The job that reads topics of Kafka within minutes: an application of its own, and the request that starts it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import NestedStack
from aws_cdk import aws_ssm as ssm

from infra.constructs.kafka_rights import kafka_sources
from infra.constructs.spark_application import SparkApplication
from shared.names import Names

if TYPE_CHECKING:
    from constructs import Construct

    from infra.constructs.placement import Placement
    from infra.stacks.compute import Compute
    from infra.stacks.storage import Storage
    from shared.config import Environment
    from shared.contracts import Catalog

# EMR starts a job run anew that often within an hour before it lets it fail.
ATTEMPTS_AN_HOUR = 5
NEVER_ENDS = 0


class Streaming(NestedStack):
    """An application that never has to wait for the daily batch, and a StartJobRun request in a parameter.

    The job is started once and by hand: EMR starts it anew when it fails, and after a deploy its code is changed when
    somebody wants it to be. It works under the batch's role.
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
        every_seconds: int,
        placement: Placement | None,
    ) -> None:
        super().__init__(scope, id_, description="Lakewright: the job that reads Kafka within minutes")
        self.application = SparkApplication(
            self,
            "Streaming",
            name=f"{Names(environment).stack}-streaming",
            environment=environment,
            log_uri=compute.log_uri,
            key_arn=storage.key.key_arn,
            placement=placement,
        )
        job = {
            "env": environment.name,
            "step": "ingest",
            "run_id": "kafka-stream",
            "attempt": "stream",
            # Bronze takes what comes; no query of the ingest step asks for a day.
            "business_date": "1970-01-01",
            "lake_root": storage.lake.root,
            "pii_root": storage.pii.root,
            "landing_root": storage.landing.root,
            "tables": list(kafka_sources(catalog)),
            "every_seconds": every_seconds,
        }
        request = {
            "applicationId": self.application.application_id,
            "executionRoleArn": compute.job_role.role_arn,
            "name": "kafka-stream",
            "mode": "STREAMING",
            "retryPolicy": {"maxFailedAttemptsPerHour": ATTEMPTS_AN_HOUR},
            "executionTimeoutMinutes": NEVER_ENDS,
            "jobDriver": {
                "sparkSubmit": {
                    "entryPoint": compute.entry_point,
                    "entryPointArguments": ["--job", json.dumps(job)],
                    "sparkSubmitParameters": compute.spark_submit_parameters,
                }
            },
        }
        ssm.StringParameter(
            self,
            "Request",
            parameter_name=f"/lakewright/{environment.name}/jobs/kafka_stream",
            tier=ssm.ParameterTier.ADVANCED,
            string_value=self.to_json_string(request),
        )
