"""The access of jobs to a Redshift: the rights to have it unload rows, and the role with which it writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.conventions.findings import accept
from infra.rights.key_use import use_statement
from shared.errors import TerminalError
from shared.names import UNLOAD_FOLDER
from shared.redshift import WANTED, is_warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms

    from infra.constructs.place import Place

SERVERLESS = "redshift-serverless"
STATEMENT_CALLS = ("DescribeStatement", "CancelStatement", "GetStatementResult")
# Redshift takes no ARN of a statement; a statement belongs to the caller who began it.
OWN_STATEMENTS = {"StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}}


class RedshiftAccess(Construct):
    """The unload role, with which Redshift writes to the unload folder and nowhere else, and the jobs' rights.

    The role does nothing until the warehouse's owner associates it with the warehouse.

    Example:
        RedshiftAccess(self, "Redshift", warehouse=arn, databases=["shop"], lake=storage.lake, key=storage.key)

    Args:
        scope: The stack.
        id_: The construct's id.
        warehouse: The ARN of a cluster or of a serverless workgroup.
        databases: Its databases that contracts name.
        lake: The lake, in whose unload folder Redshift writes.
        key: The key that encrypts the lake.

    Raises:
        TerminalError: the warehouse is no Redshift.
    """

    def __init__(
        self, scope: Construct, id_: str, *, warehouse: str, databases: Sequence[str], lake: Place, key: kms.IKey
    ) -> None:
        super().__init__(scope, id_)
        if not is_warehouse(warehouse):
            raise TerminalError(
                "a Redshift is named by another address than its ARN",
                given=warehouse,
                expected=WANTED,
                mend="name it so under sources in the environment's file",
            )
        self._warehouse, self._databases = warehouse, databases
        self._is_serverless = warehouse.split(":")[2] == SERVERLESS
        services = ["redshift", SERVERLESS] if self._is_serverless else ["redshift"]
        self.role = iam.Role(
            self,
            "UnloadRole",
            assumed_by=iam.CompositePrincipal(*[iam.ServicePrincipal(f"{s}.amazonaws.com") for s in services]),
        )
        for statement in [
            *lake.read_statements(UNLOAD_FOLDER),
            lake.put_statement(UNLOAD_FOLDER),
            iam.PolicyStatement(actions=["s3:GetBucketLocation"], resources=[lake.bucket.bucket_arn]),
            use_statement(key),
        ]:
            self.role.add_to_policy(statement)
        accept(self.role, {lake.finding(UNLOAD_FOLDER): "every batch has a folder of its own"})
        self.parameter_value = Stack.of(self).to_json_string(
            {"warehouse": warehouse, "unload_role": self.role.role_arn, "kms_key": key.key_arn}
        )

    def job_statements(self) -> list[iam.PolicyStatement]:
        """The rights to run a statement in this warehouse, and to watch one's own statements and read their results."""
        return [
            iam.PolicyStatement(actions=["redshift-data:ExecuteStatement"], resources=[self._warehouse]),
            self._login_statement(),
            iam.PolicyStatement(
                actions=[f"redshift-data:{call}" for call in STATEMENT_CALLS],
                resources=["*"],
                conditions=OWN_STATEMENTS,
            ),
        ]

    def _login_statement(self) -> iam.PolicyStatement:
        if self._is_serverless:
            return iam.PolicyStatement(actions=["redshift-serverless:GetCredentials"], resources=[self._warehouse])
        arn = Stack.of(self).split_arn(self._warehouse, ArnFormat.COLON_RESOURCE_NAME)
        place = f"arn:{arn.partition}:redshift:{arn.region}:{arn.account}:dbname:{arn.resource_name}"
        names = [f"{place}/{database}" for database in self._databases]
        return iam.PolicyStatement(actions=["redshift:GetClusterCredentialsWithIAM"], resources=names)
