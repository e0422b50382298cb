"""Who may see what: Lake Formation over the lake, by tags made from the contracts' roles and classifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, CfnOutput, NestedStack
from aws_cdk import aws_lakeformation as lakeformation
from aws_cdk.aws_lakeformation import CfnTagAssociation

from infra.artifacts import LAMBDAS
from infra.constructs.artifact_asset import ArtifactAsset
from infra.constructs.athena_workgroup import AthenaWorkgroup
from infra.constructs.consumer_application import ConsumerApplication
from infra.constructs.declared_access import DeclaredAccess
from infra.constructs.governed_place import GovernedPlace
from infra.constructs.pii_key import admit_to_personal_data
from infra.constructs.reader_role import ReaderRole
from infra.constructs.tag_grants import TagGrants
from infra.conventions.in_turn import in_turn
from infra.stacks.storage import RESULTS_FOLDER
from shared.governance.access import READS, STRICTEST, Classification
from shared.governance.environments import access_admin_of, access_of, governance_of, iam_role_of
from shared.names import Layer, Names
from shared.vault import VAULT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from infra.constructs.placement import Placement
    from infra.stacks.storage import Storage
    from shared.config import Environment
    from shared.contracts import Catalog
    from shared.governance.access import LakeAccess


class Governance(NestedStack):
    """Registers the lake, makes tags, roles and grants by tag, and finally has the tables tagged as the contracts say.

    Lake Formation refers to everything by name, so the dependencies are explicit: tags, tags of databases, grants,
    tables. `readers` are the IAM roles made here, by their names in the contracts.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        catalog: Catalog,
        storage: Storage,
        placement: Placement | None,
    ) -> None:
        super().__init__(scope, id_, description="Lakewright: Lake Formation tags, grants and those who read")
        self._environment, self._names = environment, Names(environment)
        self.readers: dict[str, ReaderRole] = {}
        access = access_of(environment, catalog)
        GovernedPlace(self, "Lake", place=storage.lake, key=storage.key)
        personal = GovernedPlace(self, "Pii", place=storage.pii, key=storage.pii_key)
        admit_to_personal_data(personal.lender)
        tags = self._tags(access)
        databases = [self._database_tags(layer, access, tags) for layer in (*Layer, VAULT)]
        in_turn(tags)
        in_turn(databases)
        assert storage.results is not None  # noqa: S101 - it is made where there is governance
        self._results = storage.results
        if consumer := environment.access.consumer:
            application = ConsumerApplication(
                self, "Consumers", environment=environment, mode=consumer, placement=placement
            )
            CfnOutput(self, "ConsumerApplicationId", value=application.application_id)
        principals = {role: self._principal(role, clearance) for role, clearance in access.clearances.items()}
        vaults = self._names.glue_database(VAULT)
        turning_back = {role for table in access.tables if table.database == vaults for role in table.readers}
        grants = TagGrants(
            self,
            "Grants",
            access=access,
            principals=principals,
            layer_key=self._layer_key,
            layers={role: [*Layer, *([VAULT] if role in turning_back else [])] for role in principals},
        )
        grants.node.add_dependency(*databases)
        declared = DeclaredAccess(
            self,
            "Access",
            access=access,
            principals=principals,
            admin_role_arn=self._role_arn(access_admin_of(environment)),
            environment=environment,
            code=ArtifactAsset(self, "Lambdas", artifact=LAMBDAS),
            key=storage.key,
        )
        declared.resource.node.add_dependency(grants)

    @property
    def _layer_key(self) -> str:
        return f"{self._names.tag_prefix}layer"

    def _tags(self, access: LakeAccess) -> list[lakeformation.CfnTag]:
        # A deploy removes values of a tag before tables get others, and Lake Formation refuses that of a value in use.
        former = governance_of(self._environment).former_domains
        values: dict[str, Sequence[str]] = {
            access.classification_key: list(Classification),
            access.domain_key: sorted({*former, *(table.domain for table in access.tables)}),
            self._layer_key: [*Layer, VAULT],
            **{access.role_key(role): [READS] for role in access.clearances},
        }
        return [
            lakeformation.CfnTag(
                self,
                "Tag" + "".join(word.capitalize() for word in key.removeprefix(access.tag_prefix).split("_")),
                catalog_id=self.account,
                tag_key=key,
                tag_values=[str(value) for value in found],
            )
            for key, found in values.items()
        ]

    def _database_tags(self, layer: str, access: LakeAccess, tags: list[lakeformation.CfnTag]) -> CfnTagAssociation:
        """Tag a database with the strictest classification, which tables inherit until their columns are opened."""
        association = CfnTagAssociation(
            self,
            f"{layer.capitalize()}Tags",
            resource=CfnTagAssociation.ResourceProperty(
                database=CfnTagAssociation.DatabaseResourceProperty(
                    catalog_id=self.account, name=self._names.glue_database(layer)
                )
            ),
            lf_tags=[
                CfnTagAssociation.LFTagPairProperty(catalog_id=self.account, tag_key=key, tag_values=[value])
                for key, value in ((access.classification_key, str(STRICTEST)), (self._layer_key, layer))
            ],
        )
        association.node.add_dependency(*tags)
        return association

    def _principal(self, role: str, clearance: Classification) -> str:
        """The ARN of a role of the contracts: the one the environment names, or one made here."""
        workgroup = AthenaWorkgroup(
            self,
            f"{_words(role)}Queries",
            name=self._names.workgroup(role),
            results=self._results,
            folder=f"{RESULTS_FOLDER}/{role}",
        )
        # By name, without a reference: the bucket is made before the role.
        arn = self._role_arn(iam_role_of(self._environment, role))
        if clearance is STRICTEST:
            workgroup.close_to_others(arn)
        if governance_of(self._environment).roles[role].iam_role:
            return arn
        runs_spark = self._environment.access.consumer is not None
        self.readers[role] = ReaderRole(
            self, _words(role), name=self._names.reader_role(role), workgroup=workgroup, runs_spark=runs_spark
        )
        return self.readers[role].role_arn

    def _role_arn(self, name: str) -> str:
        return self.format_arn(
            service="iam", region="", resource="role", resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME
        )


def _words(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
