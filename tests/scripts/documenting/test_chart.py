"""A chart has each table once, to the right of its inputs, and a line from each input to a table."""

from scripts.documenting.chart import HEIGHT, WIDTH, chart
from shared.contracts import load_catalog


def test_every_table_stands_once_and_right_of_its_inputs():
    catalog = load_catalog()
    drawn = chart(catalog)
    boxes = {box.table: box for box in drawn.boxes}
    assert set(catalog.tables) == set(boxes)
    assert len(boxes) == len({(box.x, box.y) for box in drawn.boxes})
    for one in drawn.boxes:
        assert 0 <= one.x <= drawn.width - WIDTH
        assert 0 < one.y <= drawn.height - HEIGHT
        for other in drawn.boxes:
            assert one is other or one.x != other.x or abs(one.y - other.y) > HEIGHT
    read = {(str(i), name) for name, table in catalog.tables.items() for i in table.inputs}
    assert read == {(line.start, line.end) for line in drawn.lines}
    assert all(boxes[start].x + WIDTH < boxes[end].x for start, end in read)
    assert ["bronze", "silver", "gold"] == [layer for layer, _ in drawn.heads]


def test_boxes_know_all_that_comes_before_and_after(catalog):
    boxes = {box.table: box for box in chart(catalog).boxes}
    totals = {"bronze.shop__customers", "bronze.shop__orders", "silver.customers", "silver.orders"}
    assert totals <= set(boxes["gold.totals"].before)
    assert "gold.totals" in boxes["bronze.shop__orders"].after
    # Orders refer to customers, but are not made from them.
    assert "silver.customers" not in boxes["silver.orders"].before


def test_some_of_the_tables_are_drawn_without_the_others(catalog):
    drawn = chart(catalog, {"silver.orders", "gold.totals"})
    assert ["silver.orders", "gold.totals"] == [box.table for box in drawn.boxes]
    assert [("silver.orders", "gold.totals")] == [(line.start, line.end) for line in drawn.lines]
