"""The grants of each role of the contracts: all tables and columns with its tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk.aws_lakeformation import CfnPrincipalPermissions
from constructs import Construct

from infra.conventions.in_turn import in_turn
from shared.governance.access import READS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shared.governance.access import LakeAccess


class TagGrants(Construct):
    """Two grants per role, however many tables there are: to see the databases, and to read what its tags open.

    They are made one by one: Lake Formation refuses two grants at once on the same tags (ConcurrentModification).

    Example:
        TagGrants(self, "Grants", access=access, principals={"analyst": arn}, layer_key=key, layers={"analyst": [...]})
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        access: LakeAccess,
        principals: Mapping[str, str],
        layer_key: str,
        layers: Mapping[str, Sequence[str]],
    ) -> None:
        super().__init__(scope, id_)
        made: list[CfnPrincipalPermissions] = []
        for role, principal in principals.items():
            words = "".join(word.capitalize() for word in role.split("_"))
            readable: dict[str, Sequence[str]] = {
                access.role_key(role): [READS],
                access.classification_key: list(access.cleared(role)),
            }
            databases = self._tagged("DATABASE", {layer_key: layers[role]})
            made += [
                self._grant(f"{words}Databases", principal, ["DESCRIBE"], databases),
                self._grant(f"{words}Tables", principal, ["DESCRIBE", "SELECT"], self._tagged("TABLE", readable)),
            ]
        in_turn(made)

    def _grant(
        self, id_: str, principal: str, permissions: list[str], resource: CfnPrincipalPermissions.ResourceProperty
    ) -> CfnPrincipalPermissions:
        return CfnPrincipalPermissions(
            self,
            id_,
            catalog=Stack.of(self).account,
            principal=CfnPrincipalPermissions.DataLakePrincipalProperty(data_lake_principal_identifier=principal),
            resource=resource,
            permissions=permissions,
            permissions_with_grant_option=[],
        )

    def _tagged(self, kind: str, expression: Mapping[str, Sequence[str]]) -> CfnPrincipalPermissions.ResourceProperty:
        """All resources of a kind that have, for every key, one of its values."""
        return CfnPrincipalPermissions.ResourceProperty(
            lf_tag_policy=CfnPrincipalPermissions.LFTagPolicyResourceProperty(
                catalog_id=Stack.of(self).account,
                resource_type=kind,
                expression=[
                    CfnPrincipalPermissions.LFTagProperty(tag_key=key, tag_values=[str(value) for value in values])
                    for key, values in expression.items()
                ],
            )
        )
