"""An EMR Serverless application."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from aws_cdk import aws_emrserverless as emr
from constructs import Construct

from infra.conventions.retention import KEPT
from shared.config.spark import QUEUE_MINUTES
from shared.release import EMR_RELEASE_LABEL

if TYPE_CHECKING:
    from infra.constructs.placement import Placement
    from shared.config import Environment


class SparkApplication(Construct):
    """An application whose logical id carries a fingerprint of its settings.

    EMR refuses to update an application that has started. A change of settings therefore makes a new one; the old one
    is retained, lets its job runs end, and stops by itself. No tag differs between deploys, so that only the settings
    change it. The limits keep a job run from requesting more than a new account's 16 vCPU. Only so many job runs work
    at once as have room for a driver and an executor each, since drivers without executors would wait for one another.

    Example:
        SparkApplication(self, "Batch", name="batch", environment=env, log_uri="s3://logs/emr/", key_arn=key.key_arn)
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        environment: Environment,
        log_uri: str,
        key_arn: str,
        placement: Placement | None = None,
    ) -> None:
        super().__init__(scope, id_)
        settings = _settings(environment, name, placement)
        self.resource = emr.CfnApplication(
            self,
            f"Application{_fingerprint(settings)}",
            type="SPARK",
            name=settings["name"],
            release_label=settings["release"],
            architecture=settings["architecture"],
            auto_start_configuration=emr.CfnApplication.AutoStartConfigurationProperty(enabled=True),
            auto_stop_configuration=emr.CfnApplication.AutoStopConfigurationProperty(
                enabled=True, idle_timeout_minutes=int(settings["idle_minutes"])
            ),
            maximum_capacity=emr.CfnApplication.MaximumAllowedResourcesProperty(
                cpu=settings["cpu"], memory=settings["memory"]
            ),
            monitoring_configuration=_monitoring(log_uri, key_arn),
            network_configuration=placement.configuration if placement else None,
            scheduler_configuration=emr.CfnApplication.SchedulerConfigurationProperty(
                max_concurrent_runs=int(settings["at_once"]), queue_timeout_minutes=int(settings["queue_minutes"])
            ),
        )
        self.resource.apply_removal_policy(KEPT)
        self.application_id, self.name = self.resource.attr_application_id, settings["name"]


def _settings(environment: Environment, name: str, placement: Placement | None) -> dict[str, str]:
    """All settings whose change needs a new application."""
    vpc = {"network": placement.settings.model_dump_json()} if placement else {}
    return {
        **vpc,
        "name": name,
        "release": EMR_RELEASE_LABEL,
        "architecture": "ARM64",
        "cpu": f"{environment.spark.maximum_vcpu} vCPU",
        "memory": f"{environment.spark.maximum_memory_gb} GB",
        "idle_minutes": str(environment.spark.idle_minutes),
        "at_once": str(environment.spark.at_once),
        "queue_minutes": str(QUEUE_MINUTES),
    }


def _fingerprint(settings: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]


def _monitoring(log_uri: str, key_arn: str) -> emr.CfnApplication.MonitoringConfigurationProperty:
    """Logs to S3, and to EMR's own storage too, without which the Spark UI cannot be opened."""
    configuration = emr.CfnApplication
    return configuration.MonitoringConfigurationProperty(
        s3_monitoring_configuration=configuration.S3MonitoringConfigurationProperty(
            log_uri=log_uri, encryption_key_arn=key_arn
        ),
        managed_persistence_monitoring_configuration=configuration.ManagedPersistenceMonitoringConfigurationProperty(
            enabled=True, encryption_key_arn=key_arn
        ),
    )
