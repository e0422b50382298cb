"""Compressed records are unpacked within bounds: of each, and of what is held at once."""

import zlib

import pyarrow as pa
import pytest

from jobs.ingest.kafka.packed import BODY, BYTES_PER_BATCH, FAULT, IS_PACKED, LARGEST, _unpack

ALMOST = bytes(LARGEST)


def batch(*bodies, packed=True):
    columns = {"offset": range(len(bodies)), BODY: bodies, IS_PACKED: [packed] * len(bodies)}
    return pa.record_batch({name: pa.array(list(values)) for name, values in columns.items()})


def test_however_many_come_at_once_little_is_held_at_a_time():
    found = list(_unpack(iter([batch(*[zlib.compress(ALMOST)] * 7), batch(zlib.compress(b"x"))])))

    assert [2, 2, 2, 1, 1] == [len(rows) for rows in found]
    assert all(rows.nbytes < BYTES_PER_BATCH + 1024 for rows in found)
    table = pa.Table.from_batches(found)
    assert [0, 1, 2, 3, 4, 5, 6, 0] == table.column("offset").to_pylist()
    assert [ALMOST] * 7 + [b"x"] == table.column(BODY).to_pylist()
    assert [None] * 8 == table.column(FAULT).to_pylist()
    assert ["offset", BODY, FAULT] == table.column_names


@pytest.mark.parametrize(
    "given, reason",
    [
        pytest.param(zlib.compress(ALMOST + b"x"), "TOO_LARGE", id="a byte too much"),
        pytest.param(zlib.compress(ALMOST)[:-2], "INFLATE", id="cut"),
        pytest.param(zlib.compress(b"x") * 2, "INFLATE", id="more behind it"),
        pytest.param(b"", "INFLATE", id="nothing"),
        pytest.param(b"x", "INFLATE", id="something else"),
    ],
)
def test_what_cannot_be_unpacked_says_why(given, reason):
    [rows] = _unpack(iter([batch(given)]))

    assert ([None], [reason]) == (rows.column(BODY).to_pylist(), rows.column(FAULT).to_pylist())


def test_a_record_that_is_not_compressed_passes_as_it_is():
    [rows] = _unpack(iter([batch(b"avro", b"", None, packed=False)]))

    assert ([b"avro", b"", None], [None] * 3) == (rows.column(BODY).to_pylist(), rows.column(FAULT).to_pylist())
