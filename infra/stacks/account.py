"""The stack of what exists once in an account and region: the administrators of Lake Formation, GitHub's provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import DefaultStackSynthesizer, RemovalPolicy, Stack, Stage
from aws_cdk import aws_iam as iam
from aws_cdk.aws_lakeformation import CfnDataLakeSettings

from infra.artifacts import ASSET_PREFIX
from infra.conventions.costs import tag_costs
from infra.conventions.findings import accept, wildcard
from infra.conventions.permissions_boundary import apply_permissions_boundary
from infra.conventions.role_path import set_role_path
from infra.stacks.delivery import AUDIENCE, ISSUER
from shared.access_modes import AccessMode
from shared.names import ACCESS_ADMIN_ROLE, ACCOUNT_STACK

if TYPE_CHECKING:
    from constructs import Construct

    from shared.config import Environment
    from shared.config.account import Account

TAGGING = ("GetResourceLFTags", "AddLFTagsToResource", "RemoveLFTagsFromResource", "ListLFTags", "GetLFTag")
GRANTING = ("ListPermissions", "GrantPermissions", "RevokePermissions")
# CloudFormation cannot remove the default by which IAM alone opens new tables; see lambdas/on_access_declared/.
CLOSING = ("GetDataLakeSettings", "PutDataLakeSettings")
FILTERING = ("ListDataCellsFilter", "CreateDataCellsFilter", "UpdateDataCellsFilter", "DeleteDataCellsFilter")
CATALOG_READS = ("GetDatabase", "GetDatabases", "GetTable", "GetTables")


class AccountStage(Stage):
    """The account's own stack, apart from those of environments: `cdk deploy 'account/*' --context env=prod`.

    Example:
        AccountStage(app, "account", environment=environment, settings=environment.account)
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment, settings: Account) -> None:
        super().__init__(scope, id_)
        AccountStack(self, "Lakewright", environment=environment, settings=settings)


class AccountStack(Stack):
    """Lake Formation's settings and the role that administers it for the lake."""

    def __init__(self, scope: Construct, id_: str, *, environment: Environment, settings: Account) -> None:
        super().__init__(
            scope,
            id_,
            stack_name=ACCOUNT_STACK,
            description="Lakewright: what there is once in an account",
            termination_protection=True,
            synthesizer=DefaultStackSynthesizer(bucket_prefix=ASSET_PREFIX, qualifier=settings.bootstrap_qualifier),
        )
        tag_costs(self, environment)
        apply_permissions_boundary(self, settings)
        made = [self._access_admin()] if settings.makes_access_admin else []
        deployer = f"cdk-{settings.bootstrap_qualifier}-cfn-exec-role-{self.account}-{self.region}"
        ours = (environment.in_role_path(ACCESS_ADMIN_ROLE), deployer)
        admins = [self._role_arn(name) for name in (*ours, *settings.lake_formation_admins)]
        # REPLACE, the default, would remove all other administrators and settings of the account.
        wanted = CfnDataLakeSettings(
            self,
            "LakeFormation",
            mutation_type="APPEND",
            admins=[
                CfnDataLakeSettings.DataLakePrincipalProperty(data_lake_principal_identifier=arn) for arn in admins
            ],
            allow_full_table_external_data_access=environment.access.consumer is AccessMode.FULL_TABLE or None,
        )
        # The ARNs alone make no dependency, and Lake Formation refuses a role that does not exist yet.
        wanted.node.add_dependency(*made)
        if environment.github and settings.makes_oidc_provider:
            provider = iam.OidcProviderNative(self, "GitHub", url=f"https://{ISSUER}", client_ids=[AUDIENCE])
            provider.apply_removal_policy(RemovalPolicy.RETAIN)
        set_role_path(self, settings)

    def _access_admin(self) -> iam.Role:
        """The role that environments' functions, and permitted people, assume to tag, to grant and to filter.

        It serves the environments of every region, since an account has one role of a name.
        """
        role = iam.Role(
            self,
            "AccessAdmin",
            role_name=ACCESS_ADMIN_ROLE,
            description="Brings Lake Formation to what the contracts of the lake say",
            assumed_by=iam.AccountPrincipal(self.account),
        )
        actions = [f"lakeformation:{action}" for action in (*TAGGING, *GRANTING, *FILTERING, *CLOSING)]
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=["*"]))
        catalog = [
            self.format_arn(service="glue", region="*", resource=kind)
            for kind in ("catalog", "database/*", "table/*/*")
        ]
        role.add_to_policy(
            iam.PolicyStatement(actions=[f"glue:{action}" for action in CATALOG_READS], resources=catalog)
        )
        glue = "arn:<AWS::Partition>:glue:*:<AWS::AccountId>:"
        accept(
            role,
            {
                wildcard("*"): "Lake Formation's own actions take no resource",
                wildcard(f"{glue}catalog"): "the catalogs of every region that environments of the account are in",
                wildcard(f"{glue}database/*"): "the databases of every environment in the account",
                wildcard(f"{glue}table/*/*"): "the tables of every environment in the account",
            },
        )
        return role

    def _role_arn(self, name: str) -> str:
        return self.format_arn(service="iam", region="", resource="role", resource_name=name)
