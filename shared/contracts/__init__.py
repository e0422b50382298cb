"""The contracts, one file per table, read and checked: everything about a table follows from its file."""

from shared.contracts.catalog import Catalog, load_catalog
from shared.contracts.column import Column, Parent
from shared.contracts.model import Disposition, Kind, Query, Table
from shared.contracts.readers import Reader
from shared.contracts.rule_model import RowRule, Severity, TableRule
from shared.contracts.source_model import SchemaContract, Source
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
