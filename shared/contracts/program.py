"""Reads the Python file beside a contract, for tables beyond a SELECT, as text; it is never run here."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.contracts.document import read_text, short_name
from shared.contracts.repeatable import UNREPEATABLE_CALLS
from shared.errors import ContractError

if TYPE_CHECKING:
    from pathlib import Path

BUILD = "build"
# The names in Spark and Python of functions whose result differs from call to call.
UNREPEATABLE = UNREPEATABLE_CALLS | {"today", "urandom", "utcnow", "uuid1", "uuid4"}


@dataclass(frozen=True, kw_only=True)
class Program:
    """A file with `build(inputs)`, a pure function from frames by full table name to the table's frame.

    `fingerprint` covers the code without layout and comments.
    """

    file: Path = field(compare=False)
    fingerprint: str


def read_program(path: Path) -> Program:
    """Read the Python file of a table, and check that it has the function that the engine calls.

    Raises:
        ContractError: it is not UTF-8, does not parse, has no such function, or is not repeatable.
    """
    file = short_name(path)
    try:
        tree = ast.parse(read_text(path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise ContractError(f"{file}:{line}: the Python does not parse", given=str(error)) from error
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == BUILD]
    if len(functions) != 1 or [a.arg for a in functions[0].args.args] != ["inputs"]:
        raise ContractError(
            f"{file}:{functions[0].lineno if functions else 1}: there is no function to build the table with",
            given=f"def {BUILD}({ast.unparse(functions[0].args)})" if functions else f"no function {BUILD}",
            expected=f"def {BUILD}(inputs: Mapping[str, DataFrame]) -> DataFrame",
        )
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in UNREPEATABLE:
            raise ContractError(
                f"{file}:{node.lineno}: another answer on every call",
                given=ast.unparse(node),
                expected="the same rows from the same inputs",
            )
    return Program(file=path, fingerprint=hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16])


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
