"""Delta's names of types, translated into those of contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deltalake.schema import ArrayType

if TYPE_CHECKING:
    from deltalake.schema import DataType

# The types that contracts name as Spark's SQL does, where Delta has other names.
CONTRACT_TYPES = {"integer": "int", "long": "bigint", "short": "smallint"}


def contract_type(type_: DataType) -> str:
    """The type of a Delta column as a contract names it.

    Example:
        contract_type(ArrayType(PrimitiveType("long"), contains_null=True))  # "array<bigint>"
    """
    if isinstance(type_, ArrayType):
        return f"array<{contract_type(type_.element_type)}>"
    return CONTRACT_TYPES.get(type_.type, type_.type)
