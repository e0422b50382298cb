"""The API that gives programs single rows, of those that the publishing job has put up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, NestedStack
from aws_cdk import aws_iam as iam

from infra.artifacts import LAMBDAS
from infra.constructs.artifact_asset import ArtifactAsset
from infra.constructs.event_function import EventFunction
from infra.constructs.row_api import RowApi
from shared.governance.serving import askers
from shared.names import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from infra.stacks.storage import Storage
    from shared.config import Environment
    from shared.contracts import Catalog, Table

# API Gateway waits at most half a minute, and callers less.
TIMEOUT = Duration.seconds(10)


class Serving(NestedStack):
    """An API, its one function, and for each served table the right of its readers to request its rows.

    `readers` are the IAM roles that the stack made for roles of the contracts; existing roles get the right elsewhere.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        catalog: Catalog,
        storage: Storage,
        readers: Mapping[str, iam.Role],
    ) -> None:
        super().__init__(scope, id_, description="Lakewright: the API that answers with rows of gold, one by one")
        self._environment, self._readers = environment, readers
        function = EventFunction(
            self,
            "OnRowRequested",
            event="on_row_requested",
            environment=environment,
            code=ArtifactAsset(self, "Lambdas", artifact=LAMBDAS),
            key=storage.key,
            variables={Variable.SERVED_TABLE: storage.served.table_name},
            statements=[iam.PolicyStatement(actions=["dynamodb:GetItem"], resources=[storage.served.table_arn])],
            timeout=TIMEOUT,
        )
        self.api = RowApi(self, "Api", environment=environment, key=storage.key, function=function.function)
        for table in catalog.served:
            self._admit(table)

    def _admit(self, table: Table) -> None:
        """Let the readers of a table request its rows; each table has a policy, so that a new one changes no other."""
        governance = self._environment.governance
        if governance is None or table.served_at is None:
            return
        roles = askers(table, {role: who.clearance for role, who in governance.roles.items()})
        if ours := [self._readers[role] for role in roles if role in self._readers]:
            self.api.grant_read(f"ReadersOf-{table.served_at.collection}", prefix=table.served_at.prefix, roles=ours)
