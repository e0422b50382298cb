"""The two deliveries have what the table of oddities says, and no other differences."""

import csv
import hashlib
import io
import zipfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from jobs.ingest.formats.delimited import Lines, records
from scripts.sources.delivered_bridge import bridge_files
from scripts.sources.delivered_events import event_key, redshift_files, sample_events
from scripts.sources.delivered_files import (
    KEYS,
    SAMPLES,
    check_delivery,
    crm_files,
    rates_archive,
    sample_lines,
    sample_orders,
    snowflake_files,
)
from scripts.sources.delivered_returns import returns_files
from scripts.sources.deliveries import (
    EVENTS,
    EVENTS_UPTO,
    ODDITIES,
    ORDER_CHANGES,
    ORDER_EVENTS,
    ORDERS_UPTO,
    RATES_UPTO,
    RETURNS,
    How,
    oddities,
)
from shared.contracts import load_catalog
from shared.errors import TerminalError

ORDERS, LINES, CUSTOMERS = "SALESORDERHEADER.csv", "SALESORDERDETAIL.csv", "CUSTOMER.csv"


def tables(delivery):
    return dict(snowflake_files(delivery))


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def ids(content, column):
    return [row[column] for row in rows(content)]


def test_samples_are_what_their_checksums_say():
    for line in (SAMPLES / "SHA256SUMS").read_text().splitlines():
        expected, name = line.split("  ")
        assert expected == hashlib.sha256((SAMPLES / name).read_bytes()).hexdigest(), name


def test_the_first_delivery_holds_orders_up_to_a_day_and_their_lines():
    first = tables(1)
    orders = rows(first[ORDERS])
    assert (1327, 5099) == (len(orders), len(rows(first[LINES])))
    assert ORDERS_UPTO == max(row["modifieddate"] for row in orders)
    assert {row["salesorderid"] for row in orders} == set(ids(first[LINES], "salesorderid"))


def test_the_second_delivery_holds_everything_and_what_is_odd():
    second = tables(2)
    counts = {name: len(rows(content)) for name, content in second.items() if name.endswith(".csv")}
    samples = {f.stem.upper() + ".csv": len(rows(f.read_bytes())) for f in (SAMPLES / "snowflake_orders").glob("*.csv")}
    expected = samples | {
        ORDERS: samples[ORDERS] + 2 + 3,  # two doubled, three added
        LINES: samples[LINES] + 1,
        CUSTOMERS: samples[CUSTOMERS] - 1,
    }
    assert expected == counts


def test_forty_one_lines_have_no_order():
    second = tables(2)
    orders = set(ids(second[ORDERS], "salesorderid"))
    assert sum(order not in orders for order in ids(second[LINES], "salesorderid")) == 41


def test_tables_that_are_not_odd_stay_the_same():
    first, second = tables(1), tables(2)
    assert {ORDERS, LINES, CUSTOMERS} == {name for name in first if first[name] != second[name]}


@pytest.mark.parametrize(
    "oddity", [pytest.param(o, id=f"{o.what}, {o.source} {o.row}") for o in ODDITIES if o.source in KEYS]
)
def test_an_odd_row_is_in_the_second_delivery(oddity):
    key = KEYS[oddity.source]
    first, second = (rows(tables(delivery)[f"{oddity.source}.csv"]) for delivery in (1, 2))
    found = [row for row in second if row[key] == oddity.cells.get(key, oddity.row)]
    assert {How.REMOVED: 0, How.DOUBLED: 2}.get(oddity.how, 1) == len(found)
    assert all(row[name] == value for row in found for name, value in oddity.cells.items())
    before = [row for row in first if row[key] == oddity.row]
    assert {How.CHANGED: 1, How.REMOVED: 1, How.HELD_BACK: 0}.get(oddity.how, len(before)) == len(before)


@pytest.mark.examples
@pytest.mark.parametrize(
    "source, table",
    [
        pytest.param("SALESORDERHEADER", "bronze.snowflake__orders", id="order"),
        pytest.param("SALESORDERDETAIL", "bronze.snowflake__order_lines", id="line"),
    ],
)
def test_what_is_late_is_late_and_within_the_lag_of_its_contract(source, table):
    [late] = oddities(source, How.HELD_BACK)
    lag = timedelta(seconds=load_catalog().table(table).source.lag_seconds)
    newest = max(row["modifieddate"] for row in rows(tables(1)[f"{source}.csv"]))
    [moment] = [row["modifieddate"] for row in rows(tables(2)[f"{source}.csv"]) if row[KEYS[source]] == late.row]
    assert newest > moment
    assert datetime.fromisoformat(newest) - lag < datetime.fromisoformat(moment)


def test_the_crm_sends_everything_first_and_what_is_odd_then():
    first, second = dict(crm_files(1)), dict(crm_files(2))
    assert {f"crm/{n}/2024-01-25.csv" for n in ("accounts", "contacts", "opportunities")} == set(first)
    assert {f"crm/{n}/2024-01-26.csv" for n in ("contacts", "opportunities")} == set(second) - set(first)
    assert first == {name: second[name] for name in first}


def test_the_second_contacts_hold_one_good_row_and_three_that_are_none():
    content = dict(crm_files(2))["crm/contacts/2024-01-26.csv"]
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", errors="surrogateescape", newline="")
    header, good, short, long, latin = records(Lines(text))
    width = len(header.cells)
    assert [width, width - 2, width + 2, width] == [len(r.cells) for r in (good, short, long, latin)]
    assert [False, False, False, True] == [bool(r.reasons) for r in (good, short, long, latin)]
    assert "\n" in good.text


def test_the_rates_of_the_first_delivery_end_earlier():
    first, second = (zipfile.ZipFile(io.BytesIO(rates_archive(d))).read("eurofxref-hist.csv") for d in (1, 2))
    days = [line[:10] for line in first.decode().splitlines()[1:]]
    assert (RATES_UPTO, "1999-01-04", 22) == (max(days), min(days), second.count(b"\n") - first.count(b"\n"))
    assert rates_archive(1) == rates_archive(1)


def test_a_delivery_that_does_not_exist_is_refused():
    with pytest.raises(TerminalError, match="unknown delivery; given: 3; expected: 1 or 2"):
        check_delivery(3)


@pytest.mark.examples
def test_the_clicks_of_a_day_are_those_of_the_sample_and_what_is_odd():
    first, second = (rows(dict(redshift_files(delivery))[f"{EVENTS}.csv"]) for delivery in (1, 2))
    sample = sample_events()
    delivered = {tuple(row.items()) for row in first}
    past = [row for row in sample if row["timestamp"] <= EVENTS_UPTO]
    late = [event_key(row) for row in past if tuple(row.items()) not in delivered]
    added = len(oddities(EVENTS, How.DOUBLED, How.ADDED))
    assert ([o.row for o in oddities(EVENTS, How.HELD_BACK)], added) == (late, len(second) - len(sample))
    assert {o.row for o in oddities(EVENTS, *How)} <= {event_key(row) for row in sample}
    lag = timedelta(seconds=load_catalog().table("bronze.redshift__behaviour_events").source.lag_seconds)
    newest = max(row["timestamp"] for row in first)
    [moment] = [" ".join(key.split()[1:3]) for key in late]
    assert datetime.fromisoformat(newest) - lag < datetime.fromisoformat(moment)


def test_the_bridge_joins_clicks_of_the_sample_to_orders_of_the_sample_once():
    first, second = (dict(bridge_files(delivery)) for delivery in (1, 2))
    links = [link for content in second.values() for link in rows(content)]
    orders = [link["order_id"] for link in links if link["order_id"]]
    clicks = {(row["user_id"], row["timestamp"]) for row in sample_events()}
    purchases = {(row["user_id"], row["timestamp"]) for row in sample_events() if row["event"] == "purchase"}
    assert {(link["visitor_id"], link["clicked_at"]) for link in links} <= clicks
    assert {(link["visitor_id"], link["clicked_at"]) for link in links if link["order_id"]} == purchases
    assert len(set(orders)) == len(orders) == len(purchases)
    assert set(orders) <= set(ids(tables(2)[ORDERS], "salesorderid"))
    assert {f"Campaign_{n}" for n in range(1, 9)} | {""} == {link["campaign_code"] for link in links}
    assert first.items() < second.items()


def test_returned_goods_were_sold_and_shipped_before():
    first, second = (dict(returns_files(delivery)) for delivery in (1, 2))
    told = [row for content in second.values() for row in rows(content)]
    odd = {o.cells.get("return_id") for o in oddities(RETURNS, How.ADDED)}
    good = {row["return_id"]: row for row in told if row["return_id"] not in odd}
    assert ([o.row for o in oddities(RETURNS, How.DOUBLED)], len(odd)) == (
        [key for key, count in Counter(row["return_id"] for row in told).items() if count > 1],
        len({row["return_id"] for row in told} & odd),
    )
    shipped = {row["salesorderid"]: row["shipdate"] for row in sample_orders()}
    sold = {(row["salesorderid"], row["salesorderdetailid"]): int(row["orderqty"]) for row in sample_lines()}
    back = Counter()
    for row in good.values():
        assert shipped[row["order_id"]] < row["returned_at"]
        back[row["order_id"], row["line_id"]] += int(row["quantity"])
    # Some lines came back whole, some in part, some by two returns.
    assert {True, False} == {pieces < sold[line] for line, pieces in back.items()}
    assert all(0 < pieces <= sold[line] for line, pieces in back.items())
    assert len(good) > len(back) > 100
    assert first.items() < second.items()


def test_every_odd_row_is_a_row_of_the_samples():
    for oddity in [o for o in ODDITIES if o.source not in (EVENTS, ORDER_EVENTS, ORDER_CHANGES, RETURNS)]:
        name = {"contacts": "Contact", "opportunities": "Opportunity"}.get(oddity.source, oddity.source.lower())
        folder = "crm_salesforce" if oddity.source in ("contacts", "opportunities") else "snowflake_orders"
        file = SAMPLES / folder / f"{name}.csv"
        key = KEYS.get(oddity.source, "Id")
        sample = csv.DictReader(io.StringIO(Path(file).read_bytes().decode("utf-8-sig"), newline=""))
        assert oddity.row in {row[key] for row in sample}, oddity
