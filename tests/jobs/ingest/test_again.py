"""Lines of files that were no rows are read again from their files."""

import os

from shared.jobs import Replay, Status, Step
from tests.support.small_lake import NOON

TABLE = "bronze.shop__customers"
HEADER = "customer_id,name,changed_at"
TEN = "2026-01-01 10:00:00"
REPLAY = Replay(table=TABLE)


def held(lake):
    return [(row[0], row[2]) for row in lake.refused(TABLE)]


def test_lines_come_in_once_their_encoding_or_their_file_is_mended(small_lake):
    lake = small_lake
    lake.only(TABLE)
    path = lake.land(TABLE, HEADER, f"1,Ann,{TEN}", f"2,J?rg,{TEN}", "3,short", name="a.csv")
    path.write_bytes(path.read_bytes().replace(b"?", b"\xfc"))
    os.utime(path, (NOON, NOON))
    lake.land(TABLE, HEADER, "4,shorter", name="b.csv")
    lake.run("r1", (Step.INGEST,))
    assert [(1, "shop__customers/a.csv#3"), (1, "shop__customers/a.csv#4"), (1, "shop__customers/b.csv#2")] == held(
        lake
    )
    assert Status.UNCHANGED is lake.run("r2", (Step.INGEST,)).outcomes[TABLE].status

    lake.amend(TABLE, "format: csv}", "format: csv, encoding: ISO-8859-1}")
    (path.parent / "b.csv").unlink()
    ran = lake.run("r3", (Step.INGEST,), replay=REPLAY)
    assert {"read": 2, "inserted": 1, "quarantined": 1} == ran.books(TABLE)
    assert [("1", "Ann", TEN), ("2", "Jürg", TEN)] == lake.rows(TABLE)
    # The file of the last one is gone, so it stays where it was.
    assert [(1, "shop__customers/b.csv#2"), (2, "shop__customers/a.csv#4")] == held(lake)

    # A file that was sent again is read as every file that changed; its old refusals leave with the next replay.
    lake.land(TABLE, HEADER, f"1,Ann,{TEN}", f"2,Jurg,{TEN}", f"3,Cy,{TEN}", name="a.csv")
    assert {"read": 3, "inserted": 2, "superseded": 1} == lake.run("r4", (Step.INGEST,)).books(TABLE)
    ran = lake.run("r5", (Step.INGEST,), replay=REPLAY)
    assert {"read": 1, "superseded": 1} == ran.books(TABLE)
    assert [(1, "shop__customers/b.csv#2")] == held(lake)
    assert ["1", "2", "2", "3"] == [row[0] for row in lake.rows(TABLE)]
