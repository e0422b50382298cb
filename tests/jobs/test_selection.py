"""A job works on the tables it names, or on those that its files feed, or on all of its machine."""

from datetime import date

import pytest

from jobs.selection import selected
from shared.contracts import load_catalog
from shared.jobs import Job, Step
from shared.names import Machine


def chosen(landing_root="s3://drop/in", **asked):
    job = Job(
        env="prod",
        step=Step.INGEST,
        run_id="run",
        attempt="attempt",
        business_date=date(2026, 1, 1),
        lake_root="s3://lake",
        pii_root="s3://pii",
        landing_root=landing_root,
        **asked,
    )
    return [str(t.name) for t in selected(job, load_catalog())]


@pytest.mark.examples
def test_a_file_asks_for_what_it_feeds():
    found = chosen(files=("s3://drop/in/crm/opportunities/2024-01-26 (2).csv",))

    assert ["bronze.crm__opportunities", "silver.opportunities"] == found[:2]
    assert not [name for name in found if name.startswith("bronze.") and name != "bronze.crm__opportunities"]


@pytest.mark.examples
def test_files_of_several_tables_ask_for_all_of_them():
    found = chosen("/lake/landing", files=("/lake/landing/crm/accounts/a.csv", "/lake/landing/crm/contacts/b.csv"))

    assert {"bronze.crm__accounts", "bronze.crm__contacts", "silver.accounts", "silver.contacts"} <= set(found)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param("s3://drop/in/crm/accounts/readme.txt", id="another suffix"),
        pytest.param("s3://drop/in/crm/accounts/old/a.csv", id="a folder deeper"),
        pytest.param("s3://drop/in/crm/accounts/.a.csv", id="hidden"),
        pytest.param("s3://other/in/crm/accounts/a.csv", id="another bucket"),
    ],
)
def test_a_file_that_no_contract_names_feeds_nothing(file):
    assert [] == chosen(files=(file,))


@pytest.mark.examples
def test_tables_that_are_named_come_before_files():
    assert ["silver.orders"] == chosen(tables=("silver.orders",), files=("s3://drop/in/crm/accounts/a.csv",))


@pytest.mark.parametrize("machine", Machine)
def test_without_either_all_of_the_machine_is_worked_on(machine):
    assert [str(t.name) for t in load_catalog().of_machine(machine)] == chosen(machine=machine)
