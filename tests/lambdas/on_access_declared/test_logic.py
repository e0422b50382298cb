"""From any earlier state, Lake Formation gets to what the contracts say, and nothing is open on the way."""

from __future__ import annotations

from contextlib import suppress

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.on_access_declared.lake_formation import DEFAULTS, LakeFormation
from lambdas.on_access_declared.logic import bring, require_all_made
from shared.errors import TerminalError
from shared.governance.access import Classification, LakeAccess, TableAccess
from tests.support.earlier_accounts import (
    ACCOUNT,
    CLEARANCES,
    COLUMNS,
    DATABASE,
    PRINCIPALS,
    account,
    by_tags,
    earlier_accounts,
    enforcement,
    grant,
    lake_accesses,
    open_to_iam,
)
from tests.support.lake_formation import Sight

CHANGING = ("add_", "remove_", "create_", "update_", "delete_", "grant_", "revoke_", "put_")


class Watched:
    """A client that records, after each change, what everybody sees."""

    def __init__(self, client):
        self.client, self.seen = client, []

    def __getattr__(self, operation):
        def call(**given):
            answered = getattr(self.client, operation)(**given)
            if operation.startswith(CHANGING):
                self.seen.append(enforcement(self.client).sights())
            return answered

        return call


def lake_formation(client):
    return LakeFormation(client=client, account=ACCOUNT, principals=PRINCIPALS)


def sights(wanted):
    """What each role should see by the contracts, without tags."""
    return {
        Sight(PRINCIPALS[role], f"{DATABASE}.{table.table}", column)
        for table in wanted.tables
        for role in table.readers
        for column, classification in table.columns.items()
        if CLEARANCES[role].covers(classification)
    } | {
        Sight(PRINCIPALS[f.role], f"{DATABASE}.{table.table}", column, f.rows)
        for table in wanted.tables
        for f in table.filters
        for column in f.columns
    }


@settings(max_examples=300, deadline=None)
@given(earlier_accounts(), lake_accesses())
def test_any_earlier_state_becomes_the_contracts_and_is_never_more_open_nor_more_closed(client, wanted):
    before, after = enforcement(client).sights(), sights(wanted)
    watched = Watched(client)

    require_all_made(bring(lake_formation(watched), wanted))

    assert after == enforcement(client).sights()
    assert [] == [sorted(seen - before - after) for seen in watched.seen if seen - before - after]
    kept = client.by_name & after
    assert [] == [sorted(kept - seen) for seen in watched.seen if kept - seen]


@settings(max_examples=50, deadline=None)
@given(earlier_accounts(), lake_accesses(), lake_accesses())
def test_a_second_time_changes_nothing_and_a_plan_changes_nothing(client, wanted, other):
    bring(lake_formation(client), wanted)

    assert [] == bring(lake_formation(client), wanted)
    assert {"planned"} >= {step.status for step in bring(lake_formation(client), other, only_plan=True)}
    assert [] == bring(lake_formation(client), wanted)


@settings(max_examples=100, deadline=None)
@given(earlier_accounts(), lake_accesses(), st.integers(0, 30))
def test_a_run_interrupted_anywhere_has_opened_nothing_and_the_next_one_succeeds(client, wanted, calls):
    before, after = enforcement(client).sights(), sights(wanted)
    with pytest.raises(InterruptedError) if calls < 1 else suppress(InterruptedError):
        bring(lake_formation(CutOff(client, calls)), wanted)

    assert set() == enforcement(client).sights() - before - after
    require_all_made(bring(lake_formation(client), wanted))
    assert after == enforcement(client).sights()


@settings(max_examples=100, deadline=None)
@given(earlier_accounts(), lake_accesses(), st.sets(st.integers(0, 12)))
def test_refused_changes_open_nothing_either_and_are_reported(client, wanted, refused):
    before, after = enforcement(client).sights(), sights(wanted)
    refusing = Refusing(client, refused)

    steps = bring(lake_formation(refusing), wanted)

    assert set() == enforcement(client).sights() - before - after
    assert refusing.refusals == len([step for step in steps if step.status == "failed"])
    if refusing.refusals:
        with pytest.raises(TerminalError, match="not today"):
            require_all_made(steps)


def test_a_table_takes_one_call_for_its_domain_and_all_of_its_readers():
    """A first deploy has a quarter of an hour for all tables together."""
    columns, readers = dict.fromkeys(COLUMNS, Classification.RESTRICTED), tuple(CLEARANCES)
    tables = (TableAccess(database=DATABASE, table="orders", domain="sales", columns=columns, readers=readers),)
    wanted = LakeAccess(tag_prefix="lw_", databases=(DATABASE,), clearances=CLEARANCES, tables=tables)

    steps = bring(lake_formation(account()), wanted)

    tags = ", ".join(["lw_domain=sales", *(f"lw_reads_{role}=yes" for role in CLEARANCES)])
    assert [f"tag {tags}"] == [step.row["change"] for step in steps if step.change.resource.table]


@pytest.mark.parametrize("closes", [pytest.param(True, id="closed"), pytest.param(False, id="left as it is")])
def test_new_tables_are_closed_unless_the_account_relies_on_iam(closes):
    client = account()
    admin = {"DataLakePrincipalIdentifier": PRINCIPALS["officer"]}
    client.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [admin], "Parameters": {"SET_CONTEXT": "TRUE"}})
    open_to_iam(client, DEFAULTS)
    before = client.get_data_lake_settings()["DataLakeSettings"]
    wanted = LakeAccess(tag_prefix="lw_", databases=(), clearances={}, tables=(), closes_new_tables=closes)

    steps = bring(lake_formation(client), wanted)

    after = client.get_data_lake_settings()["DataLakeSettings"]
    assert (["made"] if closes else []) == [step.status for step in steps]
    assert before | ({default: [] for default in DEFAULTS} if closes else {}) == after
    assert ([admin], "TRUE") == (after["DataLakeAdmins"], after["Parameters"]["SET_CONTEXT"])
    assert [] == bring(lake_formation(client), wanted)


def test_nothing_is_opened_while_a_grant_by_tag_cannot_be_taken_back():
    """The column is restricted and to be confidential, which is what somebody let the analyst see wherever it is."""
    client, closed = account(), {"DatabaseName": DATABASE, "Name": "orders"}
    client.add_lf_tags_to_resource(
        Resource={"Table": closed}, LFTags=[{"TagKey": "lw_classification", "TagValues": ["restricted"]}]
    )
    grant(client, PRINCIPALS["analyst"], by_tags({"lw_classification": ["confidential"]}))
    columns = dict.fromkeys(COLUMNS, Classification.CONFIDENTIAL)
    tables = (TableAccess(database=DATABASE, table="orders", domain="sales", columns=columns, readers=("finance",)),)
    wanted = LakeAccess(tag_prefix="lw_", databases=(DATABASE,), clearances=CLEARANCES, tables=tables)

    steps = bring(lake_formation(Refusing(client, {0})), wanted)
    assert ("failed", {"skipped"}) == (steps[0].status, {step.status for step in steps[1:]})
    assert set() == enforcement(client).sights()

    require_all_made(bring(lake_formation(client), wanted))
    assert sights(wanted) == enforcement(client).sights()


def test_a_permission_that_is_gone_before_it_is_revoked_is_no_failure():
    """Somebody took it back meanwhile, or the same call that took back another on the same tables."""
    client = account()
    grant(client, PRINCIPALS["analyst"], {"Table": {"DatabaseName": DATABASE, "Name": "orders"}})
    wanted = LakeAccess(tag_prefix="lw_", databases=(DATABASE,), clearances=CLEARANCES, tables=())

    steps = bring(lake_formation(Twice(client)), wanted)

    assert [("revoke SELECT from " + PRINCIPALS["analyst"], "made")] == [
        (step.row["change"], step.status) for step in steps if "revoke" in step.row["change"]
    ]
    assert frozenset() == enforcement(client).sights()


class Twice:
    """A client to whom somebody is ahead with every revocation."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, operation):
        def call(**given):
            if operation == "revoke_permissions":
                self.client.revoke_permissions(**given)
            return getattr(self.client, operation)(**given)

        return call


class CutOff:
    """A client whose process ends after some changes."""

    def __init__(self, client, calls):
        self.client, self.calls = client, calls

    def __getattr__(self, operation):
        def call(**given):
            if operation.startswith(CHANGING):
                if self.calls < 1:
                    raise InterruptedError
                self.calls -= 1
            return getattr(self.client, operation)(**given)

        return call


class Refusing:
    """A client some of whose changes are refused."""

    def __init__(self, client, refused):
        self.client, self.refused, self.changes, self.refusals = client, refused, 0, 0

    def __getattr__(self, operation):
        def call(**given):
            if operation.startswith(CHANGING):
                self.changes += 1
                if self.changes - 1 in self.refused:
                    self.refusals += 1
                    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not today"}}, operation)
            return getattr(self.client, operation)(**given)

        return call
