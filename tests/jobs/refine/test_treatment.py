"""Personal values after their treatment, against Python's own hashes; the key is in no plan."""

import hashlib
import hmac
from itertools import starmap

import pytest

from jobs.refine.rules import FAILED, failed_rules
from jobs.refine.treatment import treated
from jobs.refine.typing import AS_GIVEN, typed
from jobs.runtime.pii_keys import PiiKeys
from shared.contracts import RowRule, Severity, Treatment
from shared.errors import TerminalError
from tests.support.things import column, things

pytestmark = pytest.mark.slow

SECRET = "the key of this test"
KEYS = PiiKeys("k2", {"k1": "an older one", "k2": SECRET})
TEXTS = ["ann.lee@example.com", "Zoë 😀", "", "a@b", "0123456789", "12345678", "x" * 200, None]


def hashed(value, key=SECRET, version="k2"):
    return value if value is None else f"{version}:{hmac.digest(key.encode(), value.encode(), 'sha256').hex()}"


def tokenized(value):
    return value if value is None else f"tok:{hashed(f'tok:{value}')}"


def last4(value):
    return value if value is None else f"***{value[-4:]}" if len(value) > 8 else "***"


def domain(value):
    if value is None:
        return None
    return f"***@{value.rpartition('@')[2]}" if "@" in value else "***"


CONTRACT = things(
    *[
        column(name, "string", logic="given", classification="restricted", treatment=treatment)
        for name, treatment in {
            "hashed": Treatment.HMAC,
            "token": Treatment.TOKENIZE,
            "last4": Treatment.MASK_LAST4,
            "email": Treatment.MASK_EMAIL,
            "region": Treatment.PREFIX3,
        }.items()
    ],
    column("born", "int", logic="day", classification="restricted", treatment=Treatment.YEAR, format="dd.MM.yyyy"),
    dropped=(column("clear", "string", logic="given", classification="restricted", treatment=Treatment.DROP),),
    row_rules=(RowRule(name="not_ann", bad="clear LIKE 'ann%' AND born = DATE'2001-02-03'", severity=Severity.ERROR),),
)


@pytest.fixture(scope="module")
def rows(spark):
    """One row per text, all with the same day, and one without a day, as they would be staged."""
    session = spark.newSession()
    session.conf.set("spark.sql.ansi.enabled", "false")
    given = [(text, "03.02.2001") for text in TEXTS] + [("bob", "CANARY")]
    batch = session.createDataFrame(
        [(*row, 1, "here") for row in given], "given string, day string, _sequence bigint, _source_position string"
    )
    ruled = typed(batch, CONTRACT).withColumns({FAILED: failed_rules(CONTRACT)})
    return treated(ruled, CONTRACT, lambda: KEYS)


@pytest.fixture(scope="module")
def found(rows):
    return [row.asDict() for row in rows.collect()]


def test_every_treatment_gives_what_python_gives(found):
    prefixes = [t if t is None else t[:3] for t in TEXTS]
    expected = [(hashed(t), tokenized(t), last4(t), domain(t), p, 2001) for t, p in zip(TEXTS, prefixes, strict=True)]

    names = ("hashed", "token", "last4", "email", "region", "born")
    assert expected == [tuple(row[n] for n in names) for row in found[:-1]]


def test_rules_see_values_in_clear_and_a_failed_cast_is_one(found):
    assert [["not_ann"], *([] for _ in TEXTS[1:]), ["born_type"]] == [row[FAILED] for row in found]


def test_the_copy_of_a_refused_row_tells_only_what_was_there(found):
    copies = [row[AS_GIVEN].asDict() for row in found]

    names = ("hashed", "token", "last4", "email", "region", "born", "clear")
    assert dict.fromkeys(names, "***") == copies[-1]
    assert dict.fromkeys(names) | {"born": "***"} == copies[-2]


def test_neither_the_key_nor_its_pads_are_in_any_plan(rows):
    pads = [bytes(b ^ mask for b in SECRET.encode().ljust(64, b"\0")) for mask in (0x36, 0x5C)]
    plan = rows._jdf.queryExecution().toString()

    assert "_pii_inner" in plan
    assert [] == [text for text in (SECRET, *(p.hex() for p in pads)) if text.lower() in plan.lower()]


def test_a_table_that_needs_no_key_asks_for_none(spark):
    contract = things(column("last4", classification="restricted", treatment=Treatment.MASK_LAST4))
    batch = spark.createDataFrame([("0123456789",)], "last4 string")

    assert [("***6789",)] == list(starmap(lambda *r: r, treated(batch, contract, None).collect()))


def test_old_versions_are_known_after_a_rotation():
    assert (hashed("7"), hashed("7", "an older one", "k1")) == (KEYS.hash("7"), KEYS.of_version("k1").hash("7"))


def test_a_key_longer_than_a_block_is_hashed_as_the_standard_says(spark):
    keys = PiiKeys("k1", {"k1": "y" * 100})
    contract = things(column("name", classification="restricted", treatment=Treatment.HMAC))

    [row] = treated(spark.createDataFrame([("Ann",)], "name string"), contract, lambda: keys).collect()

    assert f"k1:{hmac.new(b'y' * 100, b'Ann', hashlib.sha256).hexdigest()}" == row["name"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("hunter2", id="no JSON"),
        pytest.param('["k1"]', id="a list"),
        pytest.param('{"k1": "hunter2"}', id="no current version"),
        pytest.param('{"current": "k2", "k1": "hunter2"}', id="a version that is not there"),
        pytest.param('{"current": "k1", "k1": ""}', id="an empty key"),
    ],
)
def test_a_secret_without_a_key_is_refused_and_not_told(text):
    with pytest.raises(TerminalError, match="the secret here holds no key for personal data") as told:
        PiiKeys.parse(text, "here")

    assert "hunter2" not in str(told.value)
    assert "hunter2" not in repr(PiiKeys("k1", {"k1": "hunter2"}))
