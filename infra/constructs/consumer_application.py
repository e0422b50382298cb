"""The EMR Serverless application on which readers run their own Spark jobs, under Lake Formation."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from aws_cdk.aws_emrserverless import CfnApplication
from constructs import Construct

from infra.conventions.retention import KEPT
from shared.access_modes import AccessMode
from shared.names import Names
from shared.release import EMR_RELEASE_LABEL

if TYPE_CHECKING:
    from infra.constructs.placement import Placement
    from shared.config import Environment

# Sources: EMR Serverless user guide, the pages on Lake Formation named in shared/access_modes.py.
DEFAULTS = {
    AccessMode.FINE_GRAINED: {"spark.emr-serverless.lakeformation.enabled": "true"},
    AccessMode.FULL_TABLE: {
        "spark.hadoop.fs.s3.credentialsResolverClass": (
            "com.amazonaws.glue.accesscontrol.AWSLakeFormationCredentialResolver"
        ),
        "spark.hadoop.fs.s3.useDirectoryHeaderAsFolderObject": "true",
        "spark.hadoop.fs.s3.folderObject.autoAction.disabled": "true",
        "spark.sql.catalog.skipLocationValidationOnCreateTable.enabled": "true",
        "spark.sql.catalog.createDirectoryAfterTable.enabled": "true",
        "spark.sql.catalog.dropDirectoryBeforeTable.enabled": "true",
    },
}
IDLE_MINUTES = 15


class ConsumerApplication(Construct):
    """An application apart from the lake's own, whose jobs see what Lake Formation lets their role see.

    Logs go only to EMR's own storage, for which a reader's role needs neither key nor bucket. As with the lake's own
    application, a change of settings makes a new one, and the old one is retained so that its job runs can end.

    Example:
        ConsumerApplication(self, "Consumers", environment=env, mode=AccessMode.FINE_GRAINED)
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        mode: AccessMode,
        placement: Placement | None = None,
    ) -> None:
        super().__init__(scope, id_)
        access, name = environment.access, Names(environment).consumer_application
        settings = [name, EMR_RELEASE_LABEL, mode, access.consumer_vcpu, access.consumer_memory_gb, IDLE_MINUTES]
        settings.append(placement.settings.model_dump(mode="json") if placement else None)
        fingerprint = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:8]
        in_emrs_store = CfnApplication.ManagedPersistenceMonitoringConfigurationProperty(enabled=True)
        application = CfnApplication(
            self,
            f"Application{fingerprint}",
            type="SPARK",
            name=name,
            release_label=EMR_RELEASE_LABEL,
            architecture="ARM64",
            auto_start_configuration=CfnApplication.AutoStartConfigurationProperty(enabled=True),
            auto_stop_configuration=CfnApplication.AutoStopConfigurationProperty(
                enabled=True, idle_timeout_minutes=IDLE_MINUTES
            ),
            maximum_capacity=CfnApplication.MaximumAllowedResourcesProperty(
                cpu=f"{access.consumer_vcpu} vCPU", memory=f"{access.consumer_memory_gb} GB"
            ),
            monitoring_configuration=CfnApplication.MonitoringConfigurationProperty(
                managed_persistence_monitoring_configuration=in_emrs_store
            ),
            runtime_configuration=[
                CfnApplication.ConfigurationObjectProperty(classification="spark-defaults", properties=DEFAULTS[mode])
            ],
            network_configuration=placement.configuration if placement else None,
        )
        application.apply_removal_policy(KEPT)
        self.application_id = application.attr_application_id
