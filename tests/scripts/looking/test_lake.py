"""A lake is opened at its place, and only if there is one."""

import pytest

from scripts.looking.errors import WrongRequestError
from scripts.looking.lake import open_lake
from shared.errors import TerminalError
from shared.names import TableName


@pytest.mark.parametrize("folder", ["", "empty", "no/such/place"])
def test_place_without_a_lake_is_refused_with_the_command_that_makes_one(tmp_path, folder):
    (tmp_path / "empty" / "logs").mkdir(parents=True)
    (tmp_path / "empty" / "silver").mkdir()

    with pytest.raises(WrongRequestError, match=r"there is no lake at .*; to fix: make one with \./lake run"):
        open_lake(str(tmp_path / folder))


@pytest.mark.parametrize("name", ["[lake]", "la*ke", "lake?", "l%61ke", "la\\ke", "la\nke", "lake\t"])
def test_place_that_cannot_be_opened_is_refused(tmp_path, name):
    (tmp_path / name / "silver" / "orders").mkdir(parents=True)

    with pytest.raises(WrongRequestError, match="cannot be looked at where a folder's name has one of"):
        open_lake(str(tmp_path / name))


def test_root_may_be_relative(lake, monkeypatch):
    monkeypatch.chdir(lake.root)

    assert lake == open_lake(".")


def test_table_whose_log_is_broken_is_named(tmp_path):
    log = tmp_path / "silver" / "orders" / "_delta_log"
    log.mkdir(parents=True)
    (log / f"{0:020d}.json").write_text("{")

    with pytest.raises(TerminalError, match="silver/orders cannot be read; given: "):
        open_lake(str(tmp_path)).table(TableName.parse("silver.orders"))
