"""From the `servers` of a built contract to the path its rows are served at, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.serving import ServedPath

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.contracts.column import Column
    from shared.contracts.document import Document
    from shared.contracts.lines import Path as YamlPath
    from shared.contracts.model import Reader

SERVER: YamlPath = ("servers", 0)
# ODCS's type of a server that answers requests.
API = "api"
MISFITS = ("binary", "float", "double")


def compile_serving(
    document: Document, columns: tuple[Column, ...], key: tuple[str, ...], readers: Iterable[Reader]
) -> ServedPath | None:
    """Read where the API serves the rows; None when the contract has no server.

    The API hides no column and no row from whoever may ask, so a table of which its readers see a part is not served.

    Raises:
        ContractError: the server is no path of the whole key, or the table has columns or rows that are not for all.
    """
    if not document.contract.servers:
        return None
    server = document.contract.servers[0]
    path = ServedPath.parse(server.location or "") if server.type == API else None
    if path is None or path.columns != key:
        raise document.error(
            "a built table is served by the path of its rows",
            SERVER,
            given=f"type: {server.type}, location: {server.location}",
            expected="type: api, location: /<collection>/" + "/".join(f"{{{column}}}" for column in key),
        )
    _refuse_parts(document, columns, readers)
    for column in columns:
        if column.name in key and column.type in MISFITS:
            raise document.error(
                f"the key {column.name} cannot stand in a path",
                SERVER,
                given=column.type,
                expected="a key of text, whole or decimal numbers, dates or timestamps",
            )
    return path


def _refuse_parts(document: Document, columns: tuple[Column, ...], readers: Iterable[Reader]) -> None:
    hidden = [c.name for c in columns if c.is_closed]
    filtered = [r.role for r in readers if r.row_filter]
    if hidden or filtered:
        raise document.error(
            "a table that is served is for its readers as a whole",
            SERVER,
            given=f"column {hidden[0]} is classified" if hidden else f"{filtered[0]} sees some of the rows only",
            expected="no column that is confidential or restricted, and no row filter",
            mend="serve a table without them, made of this one",
        )
