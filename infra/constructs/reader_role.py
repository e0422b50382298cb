"""The IAM role of a role of the contracts: it reads the lake through Athena and Lake Formation, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from infra.conventions.findings import accept, wildcard
from infra.rights.emr_serverless import emr_serverless_principal

if TYPE_CHECKING:
    from constructs import Construct

    from infra.constructs.athena_workgroup import AthenaWorkgroup

CATALOG_READS = ("GetDatabase", "GetDatabases", "GetTable", "GetTables", "GetPartition", "GetPartitions")


class ReaderRole(iam.Role):
    """A role without any right to the lake's bucket: rows come by credentials that Lake Formation lends for each query.

    Principals of this account may assume it if their own policies allow it, and so may the Spark jobs of readers.

    Example:
        ReaderRole(self, "Analyst", name="lakewright-prod-analyst", workgroup=workgroup, runs_spark=False)
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, workgroup: AthenaWorkgroup, runs_spark: bool) -> None:
        stack = Stack.of(scope)
        super().__init__(
            scope,
            id_,
            role_name=name,
            description="Reads the lake through Athena, as far as Lake Formation lets it",
            assumed_by=_takers(stack, runs_spark=runs_spark),
        )
        catalog = [stack.format_arn(service="glue", resource=kind) for kind in ("catalog", "database/*", "table/*/*")]
        self.add_to_policy(
            iam.PolicyStatement(actions=[f"glue:{action}" for action in CATALOG_READS], resources=catalog)
        )
        self.add_to_policy(iam.PolicyStatement(actions=["lakeformation:GetDataAccess"], resources=["*"]))
        for statement in workgroup.query_statements():
            self.add_to_policy(statement)
        glue = "arn:<AWS::Partition>:glue:<AWS::Region>:<AWS::AccountId>:"
        accept(
            self,
            {
                wildcard("*"): "GetDataAccess takes no resource; Lake Formation's grants decide",
                wildcard(f"{glue}database/*"): "Lake Formation decides which of them it sees",
                wildcard(f"{glue}table/*/*"): "Lake Formation decides which of them it sees",
                **workgroup.findings(),
            },
        )


def _takers(stack: Stack, *, runs_spark: bool) -> iam.IPrincipal:
    people = iam.AccountPrincipal(stack.account)
    return iam.CompositePrincipal(people, emr_serverless_principal(stack)) if runs_spark else people
