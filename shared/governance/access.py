"""What the contracts say about who sees what, as data that a template can carry and a program can apply.

A reader sees a column of a table if the contract names its role and the role's clearance covers the column's
classification. In Lake Formation that is one tag per role on the table and one classification per column; a role whose
rows are filtered is given a data cells filter on that table instead of the tag, since a filter narrows no tag grant.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from shared.errors import TerminalError, UnknownNameError
from shared.landed_columns import RESCUED
from shared.vault import VAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.contracts import Catalog, Table
    from shared.contracts.vault import Vault

# A tag of a role says only that the role reads the table.
READS = "yes"
OTHER_DOMAIN = "none"
# A domain becomes the value of a tag, which Lake Formation writes in lower case.
# Source: AWS Lake Formation API reference, LFTagPair.
DOMAIN = r"^[a-z0-9_ .:/=+@%-]{1,256}$"


class Classification(StrEnum):
    """How widely a column may be seen, the widest first, in the words of ODCS contracts."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"

    @property
    def rank(self) -> int:
        """Its place in the order: the stricter, the higher."""
        return list(Classification).index(self)

    def covers(self, other: Classification) -> bool:
        """Whether a role with this clearance may see a column of the other classification."""
        return self.rank >= other.rank


STRICTEST = Classification.RESTRICTED
# The classification of a column whose contract gives none. What a source sent beyond its contract may be anything.
USUAL = Classification.INTERNAL
UNKNOWN_CONTENT = frozenset({RESCUED})


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RowFilter(_Frozen):
    """The rows and columns that one role sees of a table, if it may not see all rows."""

    role: str
    rows: str
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """A name that changes with the content, so that a new filter exists before the old one is removed."""
        content = f"{self.rows}\0{','.join(self.columns)}"
        return f"{self.role}_{hashlib.sha256(content.encode()).hexdigest()[:12]}"


class TableAccess(_Frozen):
    """Who sees what of one table. `readers` see all rows, the roles of `filters` some."""

    database: str
    table: str
    domain: str
    columns: dict[str, Classification]
    readers: tuple[str, ...] = ()
    filters: tuple[RowFilter, ...] = ()


class LakeAccess(_Frozen):
    """Who sees what of an environment's lake.

    Attributes:
        tag_prefix: The prefix of the environment's tags, which keeps environments of an account apart.
        databases: The Glue databases.
        clearances: The strictest classification that each role may see.
        tables: Who sees what of each table.
        closes_new_tables: Whether to remove the account's default by which IAM alone opens new databases and tables.
    """

    tag_prefix: str
    databases: tuple[str, ...]
    clearances: dict[str, Classification]
    tables: tuple[TableAccess, ...]
    closes_new_tables: bool = True

    @property
    def classification_key(self) -> str:
        """The tag that carries a column's classification."""
        return f"{self.tag_prefix}classification"

    @property
    def domain_key(self) -> str:
        """The tag that carries a table's business domain."""
        return f"{self.tag_prefix}domain"

    def role_key(self, role: str) -> str:
        """The tag that says that a role reads a table."""
        return f"{self.tag_prefix}reads_{role}"

    def cleared(self, role: str) -> tuple[Classification, ...]:
        """The classifications a role may see."""
        return tuple(c for c in Classification if self.clearances[role].covers(c))


def lake_access(
    catalog: Catalog,
    *,
    clearances: Mapping[str, Classification],
    tag_prefix: str,
    databases: Mapping[str, str],
    closes_new_tables: bool = True,
) -> LakeAccess:
    """Derive from the contracts who sees what.

    Args:
        catalog: The contracts.
        clearances: What each role of the environment may see.
        tag_prefix: The prefix of the environment's tag keys.
        databases: The Glue database by layer, and that of the vaults.
        closes_new_tables: Whether to remove the default by which IAM alone opens new databases and tables.

    Raises:
        TerminalError: a contract names a role the environment does not have, one that would see nothing, or one that
            may turn tokens back and is not cleared for their values.
    """
    return LakeAccess(
        tag_prefix=tag_prefix,
        closes_new_tables=closes_new_tables,
        databases=tuple(sorted(databases.values())),
        clearances=dict(sorted(clearances.items())),
        tables=(
            *[
                _table_access(table, clearances, databases[table.name.layer])
                for table in sorted(catalog.tables.values(), key=lambda table: table.name)
            ],
            *[
                _vault_access(catalog.tables[str(vault.of)], vault, clearances, databases[VAULT])
                for vault in sorted(catalog.vaults, key=lambda vault: vault.of)
            ],
        ),
    )


def _vault_access(table: Table, vault: Vault, clearances: Mapping[str, Classification], database: str) -> TableAccess:
    columns = {column.name: classification_of(column.name, column.classification) for column in vault.columns}
    needed = max(columns.values(), key=lambda column: column.rank)
    for role in vault.readers:
        if not _clearance(role, clearances, table).covers(needed):
            raise TerminalError(
                f"{table.name}: the role {role} may turn tokens back, and would not see what they stand for",
                given=f"a clearance of {clearances[role]}",
                expected=f"a clearance of {needed}",
                mend="take the role off the contract, or raise its clearance in the environment's file",
            )
    domain, readers = table.domain or OTHER_DOMAIN, tuple(sorted(vault.readers))
    return TableAccess(database=database, table=vault.name, domain=domain, columns=columns, readers=readers)


def _clearance(role: str, clearances: Mapping[str, Classification], table: Table) -> Classification:
    if role not in clearances:
        raise UnknownNameError(
            f"role of {table.name}, in {table.file.name}",
            role,
            sorted(clearances),
            mend="add it under governance.roles of the environment's file, or take it off the contract",
        )
    return clearances[role]


def _table_access(table: Table, clearances: Mapping[str, Classification], database: str) -> TableAccess:
    columns = {column.name: classification_of(column.name, column.classification) for column in table.all_columns}
    filters = []
    for reader in table.readers:
        clearance = _clearance(reader.role, clearances, table)
        seen = tuple(name for name, wanted in columns.items() if clearance.covers(wanted))
        if not seen:
            raise TerminalError(
                f"{table.name}: the role {reader.role} would see no column",
                given=f"a clearance of {clearance}",
                expected="at least one column that the clearance covers",
                mend="take the role off the contract, or raise its clearance in the environment's file",
            )
        if reader.row_filter:
            filters.append(RowFilter(role=reader.role, rows=reader.row_filter, columns=tuple(sorted(seen))))
    return TableAccess(
        database=database,
        table=table.name.table,
        domain=table.domain or OTHER_DOMAIN,
        columns=columns,
        readers=tuple(sorted(reader.role for reader in table.readers if not reader.row_filter)),
        filters=tuple(sorted(filters, key=lambda f: f.role)),
    )


def classification_of(name: str, declared: str | None) -> Classification:
    """The classification of a column: the one its contract gives, or the default for its name."""
    if declared:
        return Classification(declared)
    return STRICTEST if name in UNKNOWN_CONTENT else USUAL
