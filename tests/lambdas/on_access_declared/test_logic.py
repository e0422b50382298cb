"""From whatever Lake Formation was told before to what the contracts say, and nothing is open on the way."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.on_access_declared.lake_formation import BY_IAM_ALONE, LakeFormation
from lambdas.on_access_declared.logic import bring, require_all_made
from shared.errors import TerminalError
from shared.governance.access import Classification, LakeAccess, RowFilter, TableAccess
from shared.names import Layer
from tests.support.lake_formation import Direct, Enforcement, Sight

ACCOUNT = "123456789012"
DATABASE = "silver"
CLEARANCES = {
    "analyst": Classification.INTERNAL,
    "finance": Classification.CONFIDENTIAL,
    "officer": Classification.RESTRICTED,
}
PRINCIPALS = {role: f"arn:aws:iam::{ACCOUNT}:role/{role}" for role in CLEARANCES}
TABLES = ("orders", "persons")
COLUMNS = ("id", "city", "name")
ROWS = ("id > 1", "city = 'Ulm'")
GRANTEES = (*PRINCIPALS.values(), BY_IAM_ALONE)
CHANGING = ("add_", "remove_", "create_", "update_", "delete_", "grant_", "revoke_")

classifications = st.sampled_from(Classification)
roles = st.sampled_from(sorted(CLEARANCES))


@st.composite
def wanted_table(draw, name):
    columns = {column: draw(classifications) for column in COLUMNS}
    how = {role: draw(st.sampled_from(["not", "all", *ROWS])) for role in CLEARANCES}
    seen = {r: tuple(sorted(c for c in COLUMNS if CLEARANCES[r].covers(columns[c]))) for r in CLEARANCES}
    return TableAccess(
        database=DATABASE,
        table=name,
        domain=draw(st.sampled_from(["sales", "crm"])),
        columns=columns,
        readers=tuple(role for role in sorted(CLEARANCES) if how[role] == "all"),
        filters=tuple(
            RowFilter(role=role, rows=how[role], columns=seen[role])
            for role in sorted(CLEARANCES)
            if how[role] in ROWS and seen[role]
        ),
    )


@st.composite
def lake_accesses(draw):
    tables = tuple(draw(wanted_table(name)) for name in TABLES)
    return LakeAccess(tag_prefix="lw_", databases=(DATABASE,), clearances=CLEARANCES, tables=tables)


def account():
    """Lake Formation with the tags and the grants by tag that CloudFormation makes, and nothing else."""
    client = Direct(ACCOUNT)
    client.create_lf_tag(TagKey="lw_classification", TagValues=list(Classification))
    client.create_lf_tag(TagKey="lw_domain", TagValues=["crm", "sales"])
    client.create_lf_tag(TagKey="lw_layer", TagValues=list(Layer))
    for role, principal in PRINCIPALS.items():
        client.create_lf_tag(TagKey=f"lw_reads_{role}", TagValues=["yes"])
        cleared = [c for c in Classification if CLEARANCES[role].covers(c)]
        expression = [
            {"TagKey": f"lw_reads_{role}", "TagValues": ["yes"]},
            {"TagKey": "lw_classification", "TagValues": cleared},
        ]
        client.grant_permissions(
            Principal={"DataLakePrincipalIdentifier": principal},
            Resource={"LFTagPolicy": {"ResourceType": "TABLE", "Expression": expression}},
            Permissions=["DESCRIBE", "SELECT"],
        )
    return client


@st.composite
def earlier_accounts(draw):
    """Any tags on anything, any filters, any grants by name: what hands and older contracts may have left."""
    client = account()
    leave_tags(draw, client, {"Database": {"Name": DATABASE}})
    for grantee in draw(st.sets(st.sampled_from(GRANTEES), max_size=1)):
        grant(client, grantee, {"Table": {"DatabaseName": DATABASE, "TableWildcard": {}}})
    for table in TABLES:
        leave_of_a_table(draw, client, table)
    return client


def leave_of_a_table(draw, client, table):
    at = {"DatabaseName": DATABASE, "Name": table}
    leave_tags(draw, client, {"Table": at})
    for column in COLUMNS:
        leave_tags(draw, client, {"TableWithColumns": {**at, "ColumnNames": [column]}})
    for role, rows in draw(st.sets(st.tuples(roles, st.sampled_from(ROWS)), max_size=2)):
        columns = tuple(sorted(draw(st.sets(st.sampled_from(COLUMNS), min_size=1))))
        name = RowFilter(role=draw(roles), rows=rows, columns=columns).name
        make_filter(client, table, role, RowFilter(role=role, rows=rows, columns=columns), name)
    for grantee in draw(st.sets(st.sampled_from(GRANTEES), max_size=2)):
        columns = sorted(draw(st.sets(st.sampled_from(COLUMNS))))
        grant(client, grantee, {"TableWithColumns": {**at, "ColumnNames": columns}} if columns else {"Table": at})


def leave_tags(draw, client, resource):
    """Perhaps a classification, and perhaps the tags of some roles."""
    value = draw(st.none() | classifications)
    tags = {f"lw_reads_{role}": "yes" for role in draw(st.sets(roles))}
    for key, said in (tags | ({"lw_classification": value} if value else {})).items():
        client.add_lf_tags_to_resource(Resource=resource, LFTags=[{"TagKey": key, "TagValues": [said]}])


def make_filter(client, table, role, row_filter, name):
    """A filter under a name as ours are, but perhaps of another content: hands may have changed it."""
    key = {"TableCatalogId": ACCOUNT, "DatabaseName": DATABASE, "TableName": table, "Name": name}
    data = {**key, "RowFilter": {"FilterExpression": row_filter.rows}, "ColumnNames": list(row_filter.columns)}
    try:
        client.create_data_cells_filter(TableData=data)
    except ClientError:
        return
    grant(client, PRINCIPALS[role], {"DataCellsFilter": key})


def grant(client, principal, resource):
    client.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": principal}, Resource=resource, Permissions=["SELECT"]
    )


class Watched:
    """A client that looks, after each change, at what everybody sees."""

    def __init__(self, client):
        self.client, self.seen = client, []

    def __getattr__(self, operation):
        def call(**given):
            answered = getattr(self.client, operation)(**given)
            if operation.startswith(CHANGING):
                self.seen.append(enforcement(self.client).sights())
            return answered

        return call


def enforcement(client):
    return Enforcement(client, {(DATABASE, table): COLUMNS for table in TABLES})


def lake_formation(client):
    return LakeFormation(client=client, account=ACCOUNT, principals=PRINCIPALS)


def sights(wanted):
    """What the contracts want, written down without any tag."""
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
    assert [] == [sorted((before & after) - seen) for seen in watched.seen if (before & after) - seen]


@settings(max_examples=50, deadline=None)
@given(earlier_accounts(), lake_accesses(), lake_accesses())
def test_a_second_time_changes_nothing_and_a_plan_changes_nothing(client, wanted, other):
    bring(lake_formation(client), wanted)

    assert [] == bring(lake_formation(client), wanted)
    assert {"planned"} >= {step.status for step in bring(lake_formation(client), other, only_plan=True)}
    assert [] == bring(lake_formation(client), wanted)


@settings(max_examples=100, deadline=None)
@given(earlier_accounts(), lake_accesses(), st.integers(0, 30))
def test_a_run_cut_off_anywhere_has_opened_nothing_and_the_next_one_ends_well(client, wanted, calls):
    before, after = enforcement(client).sights(), sights(wanted)
    with pytest.raises(InterruptedError) if calls < 1 else suppressed():
        bring(lake_formation(CutOff(client, calls)), wanted)

    assert set() == enforcement(client).sights() - before - after
    require_all_made(bring(lake_formation(client), wanted))
    assert after == enforcement(client).sights()


@settings(max_examples=100, deadline=None)
@given(earlier_accounts(), lake_accesses(), st.sets(st.integers(0, 12)))
def test_refused_changes_open_nothing_either_and_are_told(client, wanted, refused):
    before, after = enforcement(client).sights(), sights(wanted)
    refusing = Refusing(client, refused)

    steps = bring(lake_formation(refusing), wanted)

    assert set() == enforcement(client).sights() - before - after
    assert refusing.refusals == len([step for step in steps if step.status == "failed"])
    if refusing.refusals:
        with pytest.raises(TerminalError, match="not today"):
            require_all_made(steps)


def suppressed():
    from contextlib import suppress

    return suppress(InterruptedError)


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
