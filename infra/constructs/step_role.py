"""The role of one step's job runs, with the rights of `shared/step_rights.py` and those that every job run needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from infra.constructs.job_role import JobRole
from infra.constructs.pii_key import admit_to_personal_data
from infra.conventions.findings import accept, wildcard
from infra.rights.event_bus import put_events_statement
from infra.rights.key_use import read_statement, use_statement
from shared.contracts.connections import asked_systems, web_systems
from shared.names import JOB_LOGS_FOLDER
from shared.step_rights import rights_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_dynamodb as dynamodb
    from constructs import Construct

    from infra.stacks.secrets import Secrets
    from infra.stacks.storage import Storage
    from shared.contracts import Catalog
    from shared.jobs import Step


# In a transaction, IAM checks each action by itself.
PUBLISHING = [
    f"dynamodb:{action}" for action in ("ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Scan", "UpdateItem")
]


class StepRole(JobRole):
    """A job role that reads and writes what `shared/step_rights.py` grants its step, and its code.

    Example:
        StepRole(self, "RefineRole", step=Step.REFINE, catalog=catalog, storage=storage, secrets=secrets, code=code)

    Args:
        scope: The stack.
        id_: The construct's id.
        step: The step.
        catalog: The contracts, which name the tables.
        storage: The places and their keys.
        secrets: What the sources and the hashes of personal values need.
        code: The ARN of the objects with the code of job runs.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        step: Step,
        catalog: Catalog,
        storage: Storage,
        secrets: Secrets,
        code: str,
    ) -> None:
        super().__init__(scope, id_, statements=[iam.PolicyStatement(actions=["s3:GetObject"], resources=[code])])
        self._storage, self._rights = storage, rights_of(step, catalog)
        self._grant_lake()
        if self._rights.meets_personal:
            self._grant_personal()
        if self._rights.sources:
            self._grant_sources(secrets, catalog)
        if self._rights.queries_figures:
            self._grant_figures(secrets, catalog)
        if self._rights.publishes:
            self._grant_publishing(secrets)
        if self._rights.pii_key:
            self.add_to_policy(secrets.pii_key_statement())

    def _grant_lake(self) -> None:
        storage, rights = self._storage, self._rights
        for statement in [
            *storage.lake.job_statements(reads=rights.reads, writes=rights.writes),
            storage.logs.put_statement(JOB_LOGS_FOLDER),
            use_statement(storage.key),
        ]:
            self.add_to_policy(statement)
        if rights.leases:
            self.add_to_policy(_lease_statement(storage.leases, rights.leases))
        if rights.lists_landing:
            for statement in storage.landing.names_statements():
                self.add_to_policy(statement)
        findings = storage.lake.job_findings(rights.reads, rights.writes)
        self._accept(findings, "a table has files without number, a run a folder of its own")
        self._accept([storage.logs.finding(JOB_LOGS_FOLDER)], "EMR names each job run's logs")

    def _grant_personal(self) -> None:
        storage, reads, writes = self._storage, self._rights.personal_reads, self._rights.personal_writes
        for statement in storage.pii.job_statements(reads=reads, writes=writes):
            self.add_to_policy(statement)
        self.add_to_policy(use_statement(storage.pii_key) if writes else read_statement(storage.pii_key))
        admit_to_personal_data(self)
        self._accept(storage.pii.job_findings(reads, writes), "a table has files without number")

    def _grant_sources(self, secrets: Secrets, catalog: Catalog) -> None:
        """Grant what only ingest may: read landed files, store fetched ones, enter the sources, report their drift."""
        landing = self._storage.landing
        fetched = [landing.put_statement(system) for system in web_systems(catalog)]
        for statement in [
            *landing.job_statements(reads=("*",), writes=()),
            *fetched,
            *secrets.source_statements(),
            put_events_statement(self),
        ]:
            self.add_to_policy(statement)
        self._accept([landing.finding()], "what is landed has names of the senders' choice")
        self._accept([landing.finding(s) for s in web_systems(catalog)], "whoever publishes a file names it")
        self._accept_statements(secrets)

    def _grant_figures(self, secrets: Secrets, catalog: Catalog) -> None:
        """Grant the way into the sources that are queried for figures, and into no others."""
        for statement in secrets.system_statements(asked_systems(catalog)):
            self.add_to_policy(statement)
        self._accept_statements(secrets)

    def _grant_publishing(self, secrets: Secrets) -> None:
        """Grant writing the rows that the API serves, and the way into the systems that tables are published to."""
        self.add_to_policy(iam.PolicyStatement(actions=PUBLISHING, resources=[self._storage.served.table_arn]))
        for statement in secrets.publishing_statements():
            self.add_to_policy(statement)

    def _accept_statements(self, secrets: Secrets) -> None:
        if secrets.reads_redshift:
            self._accept([wildcard("*")], "a statement has no ARN; a condition holds the jobs to their own")

    def _accept(self, findings: list[str], reason: str) -> None:
        accept(self, dict.fromkeys(findings, reason))


def _lease_statement(leases: dynamodb.ITable, names: Iterable[str]) -> iam.PolicyStatement:
    """The right to the leases of some tables only: a lease taken by mistake would keep the table's writers waiting."""
    return iam.PolicyStatement(
        actions=["dynamodb:GetItem", "dynamodb:UpdateItem"],
        resources=[leases.table_arn],
        conditions={
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(names)},
            # Without this, a request without a key would satisfy the condition above.
            "Null": {"dynamodb:LeadingKeys": "false"},
        },
    )
