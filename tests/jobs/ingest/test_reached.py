"""How far a source has been read is told in words, whatever its reader keeps."""

import pytest

from jobs.ingest.reached import reached


@pytest.mark.parametrize(
    "position, expected",
    [
        pytest.param(None, "", id="never read"),
        pytest.param({"cursor": "2026-01-01 00:00:00"}, "2026-01-01 00:00:00", id="a cursor"),
        pytest.param({"cursor": None}, "", id="a cursor without a row"),
        pytest.param({"content": "7", "rows": 1}, "", id="a snapshot"),
        pytest.param({"files": {"a": "t"}, "modified_upto": "2026-01-01"}, "2026-01-01", id="files"),
        pytest.param({"offsets": {"t": {"10": 4, "2": 0}}}, "t/2: 0, t/10: 4", id="a topic, by partition"),
        pytest.param(
            {"offsets": {"t": {str(i): i for i in range(20)}}},
            "t/0: 0, t/1: 1, t/2: 2, t/3: 3, t/4: 4, t/5: 5, t/6: 6, t/7: 7, …",
            id="a topic of many partitions",
        ),
    ],
)
def test_a_position_in_words(position, expected):
    assert expected == reached(position)
