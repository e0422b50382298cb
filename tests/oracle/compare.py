"""Whole tables compared, with types, and the first differences told in words."""

import pyarrow as pa

SHOWN = 5
# One type to the lake, several to Arrow: which of them a reader picks says nothing of the rows.
TEXTS = (pa.large_string(), pa.string_view())


def assert_same_rows(expected: pa.Table, actual: pa.Table, key: tuple[str, ...]) -> None:
    """Hold a table's rows and types against the expected ones, in whatever order they come.

    Raises:
        AssertionError: they differ; the text shows the first differences by key.
    """
    usual = actual.cast(pa.schema([(f.name, pa.string() if f.type in TEXTS else f.type) for f in actual.schema]))
    types = {f.name: str(f.type) for f in expected.schema}
    given = {f.name: str(f.type) for f in usual.schema}
    if types != given:
        raise AssertionError(f"expected the columns {types}, found {given}")
    wanted, found = (t.sort_by([(k, "ascending") for k in key]) for t in (expected, usual))
    if wanted.equals(found):
        return
    rows = [{tuple(row[k] for k in key): row for row in t.to_pylist()} for t in (wanted, found)]
    told = [
        f"{dict(zip(key, at, strict=True))}: {_difference(rows[0].get(at), rows[1].get(at))}"
        for at in sorted(rows[0].keys() | rows[1].keys(), key=str)
        if rows[0].get(at) != rows[1].get(at)
    ]
    raise AssertionError(
        f"expected {wanted.num_rows} rows, found {found.num_rows}; {len(told)} keys differ: " + "; ".join(told[:SHOWN])
    )


def _difference(wanted: dict[str, object] | None, found: dict[str, object] | None) -> str:
    if wanted is None or found is None:
        return "not expected" if wanted is None else "missing"
    return ", ".join(f"{c} is {found[c]!r}, not {wanted[c]!r}" for c in wanted if wanted[c] != found[c])
