"""Where the jobs run: the Spark application, a role for each step, their code and their packages."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aws_cdk import NestedStack
from aws_cdk import aws_s3_assets as assets

from infra.artifacts import ASSET_PREFIX, ENVIRONMENT, JARS, JOBS, ROOT
from infra.constructs.artifact_asset import ArtifactAsset
from infra.constructs.spark_application import SparkApplication
from infra.constructs.spark_submit import spark_submit_parameters
from infra.constructs.step_role import StepRole
from infra.conventions.findings import accept, wildcard
from infra.rights.kafka import group_arn, kafka_read_statements, schema_read_statements
from shared.contracts.connections import kafka_topics
from shared.jobs import Step
from shared.names import JOB_LOGS_FOLDER, Names

if TYPE_CHECKING:
    from constructs import Construct

    from infra.constructs.placement import Placement
    from infra.stacks.secrets import Secrets
    from infra.stacks.storage import Storage
    from shared.config import Environment
    from shared.contracts import Catalog

ENTRY_POINT = ROOT / "jobs" / "main.py"


class Compute(NestedStack):
    """The application, and the roles, code and packages of its job runs."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        catalog: Catalog,
        storage: Storage,
        secrets: Secrets,
        placement: Placement | None,
    ) -> None:
        super().__init__(scope, id_, description="Lakewright: the Spark application and what its job runs are given")
        jobs = ArtifactAsset(self, "Jobs", artifact=JOBS)
        packages = ArtifactAsset(self, "Environment", artifact=ENVIRONMENT)
        jars = [ArtifactAsset(self, f"Jar{i}", artifact=jar) for i, jar in enumerate(JARS)]
        main = assets.Asset(self, "Main", path=str(ENTRY_POINT))
        self.jobs_url = jobs.s3_url
        self.entry_point = main.s3_object_url
        self._submit = partial(
            spark_submit_parameters,
            jobs_url=self.jobs_url,
            environment_url=packages.s3_url,
            jar_urls=[jar.s3_url for jar in jars],
            region=self.region,
        )
        self._spark = environment.spark
        self.log_uri = f"{storage.logs.root}/{JOB_LOGS_FOLDER}/"
        self.application = SparkApplication(
            self,
            "Batch",
            name=Names(environment).application,
            environment=environment,
            log_uri=self.log_uri,
            key_arn=storage.key.key_arn,
            placement=placement,
        )
        self._assets, self._qualifier = main.bucket, environment.bootstrap_qualifier
        self.roles = {step: self._role(step, catalog, storage, secrets) for step in Step}
        for statement in schema_read_statements(self, catalog):
            self.roles[Step.INGEST].add_to_policy(statement)
        if environment.kafka.cluster_arn:
            self._grant_cluster(environment.kafka.cluster_arn, catalog)

    def spark_submit_parameters(self, step: Step) -> str:
        """The `spark-submit` parameters of a step's job runs."""
        return self._submit(self._spark.of(step))

    def _grant_cluster(self, cluster_arn: str, catalog: Catalog) -> None:
        reader = self.roles[Step.INGEST]
        for statement in kafka_read_statements(cluster_arn, kafka_topics(catalog)):
            reader.add_to_policy(statement)
        accept(reader, {wildcard(group_arn(cluster_arn)): "Spark makes a group of its own for each read"})

    def _role(self, step: Step, catalog: Catalog, storage: Storage, secrets: Secrets) -> StepRole:
        role = StepRole(
            self,
            f"{step.title()}Role",
            step=step,
            catalog=catalog,
            storage=storage,
            secrets=secrets,
            code=self._assets.arn_for_objects(f"{ASSET_PREFIX}*"),
        )
        code = f"arn:<AWS::Partition>:s3:::cdk-{self._qualifier}-assets-<AWS::AccountId>-<AWS::Region>/{ASSET_PREFIX}*"
        accept(role, {wildcard(code): "a run goes on with the code it was started with, whatever was deployed since"})
        return role
