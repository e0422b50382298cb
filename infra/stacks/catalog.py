"""The Glue catalog: a database for each layer and one for vaults, a table for each contract and each vault."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from aws_cdk import NestedStack
from aws_cdk import aws_glue as glue

from infra.constructs.delta_table import DeltaTable, table_id
from shared.names import Layer, Names, Roots, TableName, table_location
from shared.vault import VAULT, vault_location

if TYPE_CHECKING:
    from constructs import Construct

    from infra.stacks.storage import Storage
    from shared.config import Environment
    from shared.contracts import Catalog, Table
    from shared.contracts.vault import Vault

# A template holds 500 resources and 1 MB, which about 150 tables of thirty columns fill; eight for a layer
# leave room for a thousand contracts in it.
# Never change this number: that would move tables between templates, which deletes and recreates them.
BUCKETS = 8


class GlueCatalog(NestedStack):
    """Databases here, tables in templates of their own by layer and hash of their name, vaults in another template.

    With the hash, not an index, a new contract changes one template, and only adds to it.
    """

    def __init__(
        self, scope: Construct, id_: str, *, environment: Environment, catalog: Catalog, storage: Storage
    ) -> None:
        super().__init__(scope, id_, description="Lakewright: Glue databases and tables")
        names = Names(environment)
        # Left out, they are the account's as the database is made, by which IAM alone opens new tables.
        self._new_tables: list[Any] | None = [] if environment.governance else None
        databases = {
            layer: self._database(layer.capitalize(), names.glue_database(layer), f"{storage.lake.root}/{layer}")
            for layer in Layer
        }
        roots = Roots(storage.lake.root, storage.pii.root)
        for (layer, bucket), tables in sorted(_by_template(catalog).items()):
            stack = TableStack(
                self,
                f"{layer.capitalize()}{bucket}",
                tables=tables,
                database=names.glue_database(layer),
                roots=roots,
            )
            stack.node.add_dependency(databases[layer])
        self._vaults(catalog, names.glue_database(VAULT), storage.pii.root)

    def _vaults(self, catalog: Catalog, database: str, root: str) -> None:
        """Make all vaults in one template, since a lake has few tables with tokens."""
        made = self._database("Vault", database, f"{root}/{VAULT}")
        if catalog.vaults:
            stack = VaultStack(self, "Vaults", vaults=catalog.vaults, database=database, root=root)
            stack.node.add_dependency(made)

    def _database(self, id_: str, name: str, location: str) -> glue.CfnDatabase:
        return glue.CfnDatabase(
            self,
            id_,
            catalog_id=self.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=name, location_uri=location, create_table_default_permissions=self._new_tables
            ),
        )


class TableStack(NestedStack):
    """Some tables of a layer, in a template without indentation to keep it small."""

    def __init__(self, scope: Construct, id_: str, *, tables: list[Table], database: str, roots: Roots) -> None:
        super().__init__(scope, id_, suppress_template_indentation=True)
        for table in tables:
            location = table_location(roots.of(is_personal=table.is_personal), table.name)
            DeltaTable(
                self,
                table_id(table.name.table),
                name=table.name.table,
                description=table.description,
                columns=table.all_columns,
                database=database,
                location=location,
            )


class VaultStack(NestedStack):
    """The vaults of tables with tokens."""

    def __init__(self, scope: Construct, id_: str, *, vaults: list[Vault], database: str, root: str) -> None:
        super().__init__(scope, id_, suppress_template_indentation=True)
        for vault in vaults:
            DeltaTable(
                self,
                table_id(vault.name),
                name=vault.name,
                description=vault.description,
                columns=vault.columns,
                database=database,
                location=vault_location(root, vault.of),
            )


def _by_template(catalog: Catalog) -> dict[tuple[Layer, int], list[Table]]:
    templates: dict[tuple[Layer, int], list[Table]] = {}
    for table in sorted(catalog.tables.values(), key=lambda t: t.name):
        templates.setdefault((table.name.layer, _bucket(table.name)), []).append(table)
    return templates


def _bucket(name: TableName) -> int:
    return int(hashlib.sha256(name.table.encode()).hexdigest(), 16) % BUCKETS
