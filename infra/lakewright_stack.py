"""The top-level stack: makes the nested stacks in their order, and hands each what it needs of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Annotations, CfnOutput, DefaultStackSynthesizer, NestedStack, Stack, Tags

from infra.artifacts import ASSET_PREFIX
from infra.constructs import alarm_descriptions
from infra.constructs.placement import Placement
from infra.conventions.access import require_access
from infra.conventions.costs import tag_costs
from infra.conventions.permissions_boundary import apply_permissions_boundary
from infra.conventions.role_path import set_role_path
from infra.stacks.catalog import GlueCatalog
from infra.stacks.compute import Compute
from infra.stacks.delivery import Delivery
from infra.stacks.governance import Governance
from infra.stacks.network import Network
from infra.stacks.observability import Observability
from infra.stacks.orchestration import Orchestration
from infra.stacks.secrets import Secrets
from infra.stacks.serving import Serving
from infra.stacks.storage import Storage
from infra.stacks.streaming import Streaming
from shared.backfill import BACKFILL_OUTPUT
from shared.names import API_OUTPUT, JOBS_OUTPUT, Names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from infra.constructs.reader_role import ReaderRole
    from shared.config import Environment
    from shared.contracts import Catalog


class LakewrightStack(Stack):
    """Everything of one environment, so that a bare `cdk deploy` deploys it and a failure rolls all of it back.

    Example:
        LakewrightStack(app, "Lakewright", environment=load_environment("prod"), catalog=load_catalog())
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment, catalog: Catalog) -> None:
        super().__init__(
            scope,
            id_,
            stack_name=Names(environment).stack,
            description=f"Lakewright {environment.name}",
            termination_protection=not environment.allow_data_deletion,
            synthesizer=DefaultStackSynthesizer(bucket_prefix=ASSET_PREFIX, qualifier=environment.bootstrap_qualifier),
        )
        tag_costs(self, environment)
        apply_permissions_boundary(self, environment.account)
        require_access(environment)
        storage = Storage(self, "Storage", environment=environment, catalog=catalog)
        placement = self._placement(environment, catalog, storage)
        glue = GlueCatalog(self, "Catalog", environment=environment, catalog=catalog, storage=storage)
        readers = self._govern(environment, catalog, storage, placement, glue)
        secrets = Secrets(self, "Secrets", environment=environment, catalog=catalog, key=storage.key, lake=storage.lake)
        compute = Compute(
            self,
            "Compute",
            environment=environment,
            catalog=catalog,
            storage=storage,
            secrets=secrets,
            placement=placement,
        )
        orchestration = Orchestration(
            self, "Orchestration", environment=environment, catalog=catalog, storage=storage, compute=compute
        )
        if catalog.served:
            serving = Serving(
                self, "Serving", environment=environment, catalog=catalog, storage=storage, readers=readers
            )
            orchestration.alarms.watch_api("RowsNotServed", serving.api.api_id, description=alarm_descriptions.API)
            CfnOutput(self, API_OUTPUT, value=serving.api.url)
        if environment.dashboard:
            Observability(self, "Observability", environment=environment)
        if environment.github:
            Delivery(self, "Delivery", environment=environment, github=environment.github)
        if environment.kafka.every_seconds or environment.kafka.serverless:
            streaming = Streaming(
                self,
                "Streaming",
                environment=environment,
                catalog=catalog,
                storage=storage,
                compute=compute,
                placement=placement,
            )
            if streaming.application:
                application = streaming.application
                orchestration.alarms.watch_application(
                    "KafkaStreamFailed", application, description=alarm_descriptions.STREAM
                )
        self._output_places(storage)
        self._output_jobs(compute)
        for name, made in orchestration.machines.items():
            CfnOutput(self, f"{name.logical_id}Arn", value=made.machine.state_machine_arn)
        CfnOutput(self, BACKFILL_OUTPUT, value=orchestration.backfill.machine.state_machine_arn)
        CfnOutput(self, "SmokeArn", value=orchestration.smoke.machine.state_machine_arn)
        for child in self.node.children:
            if isinstance(child, NestedStack):
                Tags.of(child).add("stack", child.node.id.lower())
        set_role_path(self, environment.account)
        if not environment.allow_data_deletion:
            Annotations.of(self).add_info_v2(
                "lakewright:data-kept",
                "Deleting this stack keeps its data. To let ./lake teardown delete it, set allow_data_deletion: true "
                f"in shared/config/{environment.name}.yaml",
            )

    def _govern(
        self,
        environment: Environment,
        catalog: Catalog,
        storage: Storage,
        placement: Placement | None,
        glue: GlueCatalog,
    ) -> Mapping[str, ReaderRole]:
        """Put the lake under Lake Formation if the environment says so; return the roles made for readers, by name."""
        if environment.governance is None:
            return {}
        governance = Governance(
            self, "Governance", environment=environment, catalog=catalog, storage=storage, placement=placement
        )
        governance.node.add_dependency(glue)
        return governance.readers

    def _output_places(self, storage: Storage) -> None:
        CfnOutput(self, "LakeRoot", value=storage.lake.root)
        CfnOutput(self, "PiiRoot", value=storage.pii.root)
        CfnOutput(self, "LandingRoot", value=storage.landing.root)

    def _output_jobs(self, compute: Compute) -> None:
        CfnOutput(self, JOBS_OUTPUT, value=compute.jobs_url)
        for step, role in compute.roles.items():
            CfnOutput(self, f"{step.title()}RoleArn", value=role.role_arn)

    def _placement(self, environment: Environment, catalog: Catalog, storage: Storage) -> Placement | None:
        """The VPC that the job runs live in: an existing one, one made here, or none."""
        if environment.vpc:
            network = Network(
                self, "Network", environment=environment, catalog=catalog, vpc=environment.vpc, key=storage.key
            )
            return network.placement
        return Placement.of_existing(environment.network) if environment.network else None
