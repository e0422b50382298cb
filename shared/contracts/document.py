"""One contract file as it was read, with the line of every key and value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from shared.contracts.odcs import Contract, CustomProperty, SchemaObject
from shared.errors import ContractError
from shared.model_errors import expected_value, known_keys, meant_key, told_error
from shared.text_files import read_text_file
from shared.yaml_lines import nearest_line, read_yaml_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from shared.yaml_lines import Path as YamlPath

SUFFIX = ".odcs.yaml"
TABLE: YamlPath = ("schema", 0)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A contract file that follows the standard; whether its parts fit each other is checked elsewhere."""

    path: Path
    contract: Contract
    lines: Mapping[YamlPath, int]

    @property
    def schema(self) -> SchemaObject:
        """The contract's one table."""
        return self.contract.schema_[0]

    def place(self, at: YamlPath) -> str:
        """`layer/file:line` of a path in the document."""
        return f"{short_name(self.path)}:{nearest_line(dict(self.lines), at)}"

    def error(self, what: str, at: YamlPath = (), **parts: str) -> ContractError:
        """An error that begins with file and line."""
        return ContractError(f"{self.place(at)}: {what}", **parts)

    def at_custom(self, name: str) -> YamlPath:
        """The path of a custom property of the table, or of the list if it is missing."""
        for i, custom in enumerate(self.schema.customProperties):
            if custom.property == name:
                return (*TABLE, "customProperties", i)
        return (*TABLE, "customProperties")

    def customs(self, given: Iterable[CustomProperty], known: Iterable[str], at: YamlPath) -> dict[str, Any]:
        """Custom properties by name.

        Raises:
            ContractError: one is unknown, or given twice.
        """
        found: dict[str, Any] = {}
        for i, custom in enumerate(given):
            if custom.property not in known:
                expected = ", ".join(sorted(known))
                raise self.error("unknown custom property", (*at, i), given=custom.property, expected=expected)
            if custom.property in found:
                raise self.error(f"the custom property {custom.property} is given twice", (*at, i))
            found[custom.property] = custom.value
        return found


def short_name(path: Path) -> str:
    """How errors name a file: layer and file."""
    return f"{path.parent.name}/{path.name}"


def read_text(path: Path) -> str:
    """The text of the file beside a contract that makes its table.

    Raises:
        ContractError: it is not UTF-8.
    """
    return read_text_file(path, short_name(path), ContractError)


def read_document(path: Path) -> Document:
    """Read a contract file and check it against the standard.

    Raises:
        ContractError: the file is not UTF-8 or not YAML, or has an unknown key or a bad value.
    """
    content, lines = read_yaml_file(path, short_name(path), ContractError)
    try:
        return Document(path=path, contract=Contract.model_validate(content), lines=lines)
    except ValidationError as error:
        raise _refused(short_name(path), told_error(error), lines) from error


def _refused(name: str, error: ErrorDetails, lines: dict[YamlPath, int]) -> ContractError:
    """The error that says which key or value the standard does not allow, and what it expects there."""
    at = error["loc"]
    where = f"{name}:{nearest_line(lines, at)}: {'.'.join(map(str, at)) or 'the document'}"
    if error["type"] == "extra_forbidden":
        known, given = known_keys(Contract, at), str(at[-1])
        return ContractError(
            f"{where}: unknown key",
            given=given,
            expected="one of " + ", ".join(known),
            mend=_mend_of(given, known),
        )
    if error["type"] == "missing":
        return ContractError(f"{where}: missing", expected=f"a value for {at[-1]}")
    return ContractError(f"{where}: bad value", given=repr(error["input"])[:200], expected=expected_value(error))


def _mend_of(key: str, known: list[str]) -> str:
    """What to do about an unknown key; in braces, YAML takes the text after an unquoted comma in a value for a key."""
    if key.endswith(")") or " " in key:
        return 'quote the value with the comma, as in physicalType: "decimal(9,2)"'
    near = meant_key(key, known)
    return f"write {near}" if near else "remove it"
