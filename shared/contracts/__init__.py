"""The contracts: one file per table, from which everything about the table follows."""

from shared.contracts.catalog import Catalog, load_catalog
from shared.contracts.model import (
    Column,
    Disposition,
    Kind,
    Parent,
    Query,
    Reader,
    RowRule,
    Severity,
    Table,
    TableRule,
)
from shared.contracts.origin import SchemaContract, Source
from shared.contracts.versions import History

__all__ = [
    "Catalog",
    "Column",
    "Disposition",
    "History",
    "Kind",
    "Parent",
    "Query",
    "Reader",
    "RowRule",
    "SchemaContract",
    "Severity",
    "Source",
    "Table",
    "TableRule",
    "load_catalog",
]
