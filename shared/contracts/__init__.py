"""The contracts: one file per table, from which everything about the table follows."""

from shared.contracts.catalog import Catalog, load_catalog
from shared.contracts.column import Column, Parent
from shared.contracts.model import Disposition, Kind, Query, RowRule, Severity, Table, TableRule
from shared.contracts.origin import SchemaContract, Source
from shared.contracts.readers import Reader
from shared.contracts.treatment import Treatment
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
    "Treatment",
    "load_catalog",
]
