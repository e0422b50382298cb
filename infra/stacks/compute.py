"""Where the jobs run: the Spark application, the jobs' role, their code and their packages."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aws_cdk import NestedStack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets

from infra.artifacts import ASSET_PREFIX, ENVIRONMENT, JARS, JOBS, ROOT
from infra.constructs.artifact_asset import ArtifactAsset
from infra.constructs.findings import accept, wildcard
from infra.constructs.job_role import JobRole
from infra.constructs.kafka_rights import group_arn, kafka_read_statements, kafka_topics, schema_read_statements
from infra.constructs.key_use import use_statement
from infra.constructs.pii_key import admit_to_personal_data
from infra.constructs.spark_application import SparkApplication
from infra.constructs.spark_submit import spark_submit_parameters
from infra.stacks.storage import JOB_LOGS_FOLDER
from shared.events import EVENT_SOURCE
from shared.names import Names

if TYPE_CHECKING:
    from constructs import Construct

    from infra.constructs.placement import Placement
    from infra.stacks.secrets import Secrets
    from infra.stacks.storage import Storage
    from shared.config import Environment
    from shared.contracts import Catalog
    from shared.jobs import Step

ENTRY_POINT = ROOT / "jobs" / "main.py"


class Compute(NestedStack):
    """The application and everything a job run on it is given."""

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
        self.job_role = self._job_role(storage, secrets, main.bucket, environment.bootstrap_qualifier)
        for statement in schema_read_statements(self, catalog):
            self.job_role.add_to_policy(statement)
        if environment.kafka.cluster_arn:
            self._let_into(environment.kafka.cluster_arn, catalog)

    def spark_submit_parameters(self, step: Step | None) -> str:
        """What job runs of a step are submitted with; of None those of all others."""
        return self._submit(self._spark.of(step))

    def _let_into(self, cluster_arn: str, catalog: Catalog) -> None:
        for statement in kafka_read_statements(cluster_arn, kafka_topics(catalog)):
            self.job_role.add_to_policy(statement)
        accept(self.job_role, {wildcard(group_arn(cluster_arn)): "Spark makes a group of its own for each read"})

    def _job_role(self, storage: Storage, secrets: Secrets, assets_bucket: s3.IBucket, qualifier: str) -> JobRole:
        role = JobRole(
            self,
            "JobRole",
            statements=[
                *storage.lake.write_statements(),
                *storage.pii.write_statements(),
                *storage.landing.read_statements(),
                storage.logs.put_statement(JOB_LOGS_FOLDER),
                use_statement(storage.key),
                use_statement(storage.pii_key),
                *secrets.job_statements(),
                iam.PolicyStatement(
                    actions=["dynamodb:GetItem", "dynamodb:UpdateItem"], resources=[storage.leases.table_arn]
                ),
                iam.PolicyStatement(
                    actions=["events:PutEvents"],
                    resources=[self.format_arn(service="events", resource="event-bus", resource_name="default")],
                    conditions={"StringEquals": {"events:source": EVENT_SOURCE}},
                ),
                iam.PolicyStatement(
                    actions=["s3:GetObject"], resources=[assets_bucket.arn_for_objects(f"{ASSET_PREFIX}*")]
                ),
            ],
        )
        admit_to_personal_data(role)
        code = f"arn:<AWS::Partition>:s3:::cdk-{qualifier}-assets-<AWS::AccountId>-<AWS::Region>/{ASSET_PREFIX}*"
        accept(
            role,
            {
                storage.lake.finding(): "the jobs own the lake",
                storage.pii.finding(): "the jobs own the place of personal data, and nobody else enters it",
                storage.landing.finding(): "what is landed has names of the senders' choice",
                storage.logs.finding(JOB_LOGS_FOLDER): "EMR names each job run's logs",
                wildcard(code): "a run goes on with the code it was started with, whatever was deployed since",
            },
        )
        if secrets.asks_redshift:
            accept(role, {wildcard("*"): "a statement has no ARN; a condition holds the jobs to their own"})
        return role
