"""The pages show what the contracts say, have no dead links, and escape all texts."""

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from scripts.documenting.site import Site
from scripts.looking.tables import all_statuses
from shared.contracts import Catalog, load_catalog

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Page(HTMLParser):
    """A page's links, anchors and words, and the tags that were opened."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors, self.tags, self.words = set(), set(), [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.tags.append(tag)
        self.anchors |= {told["id"]} if "id" in told else set()
        self.links |= {told[key] for key in ("href", "src") if key in told}

    def handle_data(self, data):
        self.words += " ".join(data.split()) + " "


def pages(catalog, statuses=()):
    found = Site(catalog, {status.table: status for status in statuses}, NOON).pages()
    return {name: Page(text) for name, text in found.items() if name.endswith(".html")}, found


@pytest.fixture(scope="module")
def own():
    """The pages of the project's own contracts."""
    return pages(load_catalog())


def test_every_table_has_a_page_with_all_its_columns(own):
    parsed, _ = own
    tables = load_catalog().tables
    assert {"index.html", *(f"{name}.html" for name in tables)} == set(parsed)
    for name, table in tables.items():
        assert {c.name for c in table.all_columns} <= parsed[f"{name}.html"].anchors
        assert f"{name}.html" in parsed["index.html"].links


def test_every_link_leads_somewhere(own):
    parsed, files = own
    for name, page in parsed.items():
        for link in page.links:
            file, _, anchor = link.partition("#")
            assert file in files, f"{name} links to {link}"
            assert not anchor or anchor in parsed[file].anchors, f"{name} links to {link}"


def test_columns_say_what_they_are_made_of(catalog):
    parsed, _ = pages(catalog)
    totals, orders = parsed["gold.totals.html"], parsed["silver.orders.html"]
    assert {
        "silver.orders.html#amount_eur",
        "silver.orders.html#customer_id",
        "silver.customers.html#name",
    } <= totals.links
    assert "bronze.shop__orders.html#amount_eur" in orders.links
    # A foreign key, the rule for it, and the order of the rows.
    assert "silver.customers.html#customer_id" in orders.links
    for words in ("amount_not_negative", "Ordered by changed_at", "Key order_id"):
        assert words in orders.words
    assert "bronze.shop__orders.html" in totals.links


def test_without_a_lake_nothing_is_said_of_one(catalog, lake):
    alone, _ = pages(catalog)
    standing, _ = pages(catalog, all_statuses(lake, catalog))
    assert "2 rows, 1 files" in standing["silver.orders.html"].words
    assert "by run-2; 1 rows quarantined" in standing["silver.orders.html"].words
    assert "Not in the lake yet" in standing["silver.stock.html"].words
    assert "as of 2026-01-01 12:00 UTC" in standing["index.html"].words
    for page in alone.values():
        assert not {"UTC", "quarantined"} & set(page.words.split())


def test_retired_table_says_that_it_will_be_dropped(catalog):
    retired = replace(catalog.table("silver.orders"), is_retired=True)
    parsed, _ = pages(Catalog({**catalog.tables, "silver.orders": retired}))

    told = [name for name, page in parsed.items() if "Status retired: it will be dropped" in page.words]
    assert ["silver.orders.html"] == told


def test_words_of_a_contract_are_no_markup(catalog):
    orders = catalog.table("silver.orders")
    hostile = '<script>alert("x")</script> & <b>'
    columns = tuple(replace(c, description=hostile, logic="a < b AND c > d") for c in orders.columns)
    told = Catalog({**catalog.tables, "silver.orders": replace(orders, description=hostile, columns=columns)})
    before, now = pages(catalog)[0], pages(told)[0]
    for name in ("index.html", "silver.orders.html"):
        assert before[name].tags.count("script") == now[name].tags.count("script") == 1
        assert hostile in now[name].words


def test_pages_of_tables_that_are_gone_go_and_other_files_stay(catalog, tmp_path):
    site = Site(catalog, {}, NOON)
    for name in ("gold.forgotten.html", "notes.html", "gold.txt"):
        (tmp_path / name).touch()
    count = site.write(tmp_path)
    assert {*site.pages(), "notes.html", "gold.txt"} == {file.name for file in tmp_path.iterdir()}
    assert count == len(site.pages())
