"""The columns that a Delta table may be clustered by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.contracts.column import Column
    from shared.contracts.document import Document

CLUSTER_BY = "clusterBy"
# Source: Delta Lake documentation, "Use liquid clustering for Delta tables", Limitations.
MOST = 4
# Delta keeps no minimum and maximum of these, and refuses them.
WITHOUT_STATISTICS = ("array", "binary", "boolean")


def check_clustering(document: Document, columns: Iterable[Column], cluster_by: tuple[str, ...]) -> None:
    """Check that Delta can cluster a table by its `clusterBy`; otherwise every run of the table would fail.

    Raises:
        ContractError: there are too many columns, one is named twice, or one has a type by which no files are skipped.
    """
    types = {c.name: c.type for c in columns}
    unfit = [f"{n}: {types[n]}" for n in cluster_by if types[n].startswith(WITHOUT_STATISTICS)]
    if unfit or len(cluster_by) > MOST or len(set(cluster_by)) < len(cluster_by):
        raise document.error(
            f"{CLUSTER_BY} is nothing that Delta clusters a table by",
            document.at_custom(CLUSTER_BY),
            given=", ".join(unfit or cluster_by),
            expected=f"at most {MOST} columns, each once, of numbers, text, dates or timestamps",
        )
