"""Reads what makes a table: the SELECT or the function beside its contract, or its flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.document import SUFFIX, read_text, short_name
from shared.contracts.model import Disposition
from shared.contracts.program import Program, read_program
from shared.contracts.query import read_query

if TYPE_CHECKING:
    from pathlib import Path

    from shared.contracts.document import Document
    from shared.contracts.model import Query
    from shared.yaml_lines import Path as YamlPath


def written_query(path: Path) -> Query | None:
    """Read the SELECT beside a contract; None if there is none.

    Raises:
        ContractError: it is not UTF-8, or no SELECT.
    """
    file = path.with_name(path.name.removesuffix(SUFFIX) + ".sql")
    return read_query(read_text(file), short_name(file)) if file.exists() else None


def written_program(path: Path) -> Program | None:
    """Read the function beside a contract; None if there is none."""
    file = path.with_name(path.name.removesuffix(SUFFIX) + ".py")
    return read_program(file) if file.exists() else None


def refuse_two_makers(document: Document, makers: dict[str, Query | Program | None]) -> None:
    """Refuse a table that is made in two ways.

    Raises:
        ContractError: there is more than one maker.
    """
    made_by = [name for name, maker in makers.items() if maker]
    if len(made_by) > 1:
        raise document.error(
            "a table is made in one way",
            ("name",),
            given=" and ".join(made_by),
            mend="remove one of them; SQL and priority can be refreshed by groups, Python is always rebuilt",
        )


def refuse_no_maker(document: Document) -> None:
    """Refuse a table without a query or function beside its contract that nothing else can make.

    Raises:
        ContractError: it is refreshed, or it is served and names no input whose rows it could refine.
    """
    refines = any(prop.transformSourceObjects for prop in document.schema.properties)
    customs = {custom.property: custom.value for custom in document.schema.customProperties}
    signs: dict[str, YamlPath] = {}
    if customs.get("writeDisposition") == Disposition.REFRESH:
        signs[f"writeDisposition: {Disposition.REFRESH}"] = document.at_custom("writeDisposition")
    if "refreshBy" in customs:
        signs["refreshBy"] = document.at_custom("refreshBy")
    if document.contract.servers and not refines:
        signs["servers and no transformSourceObjects"] = ("servers",)
    if signs:
        stem = document.path.name.removesuffix(SUFFIX)
        raise document.error(
            "the query of the table is missing",
            next(iter(signs.values())),
            given=", ".join(signs),
            expected=f"{stem}.sql or {stem}.py beside the contract",
            mend="write it; a table without one refines the rows of another, and has neither",
        )
