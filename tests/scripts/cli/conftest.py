"""The shop's lake, for tests of commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from scripts.cli.root import root
from tests.support.hand_made_lake import make_shop, write_contracts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from shared.contracts import Catalog


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Catalog]:
    """The shop's lake and contracts."""
    folder = tmp_path_factory.mktemp("shop")
    catalog = write_contracts(folder / "contracts")
    make_shop(folder / "lake", catalog)
    return folder / "lake", catalog


@pytest.fixture
def ask(shop: tuple[Path, Catalog], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Call a command on the shop's lake, as if on a terminal of 100 columns."""
    place, catalog = shop
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: catalog)

    def ask(*arguments: str) -> Result:
        # A terminal has a colour system; a test has none.
        return CliRunner().invoke(root, [*arguments, "--root", str(place)], env={"COLUMNS": "100"})

    return ask


@pytest.fixture
def ask_json(ask: Callable[..., Result]) -> Callable[..., list[dict[str, Any]]]:
    """Call a command with `--json`; it must succeed, and print one array and nothing else."""

    def ask_json(*arguments: str) -> list[dict[str, Any]]:
        answer = ask(*arguments, "--json")
        assert (0, "") == (answer.exit_code, answer.stderr)
        return list(json.loads(answer.stdout))

    return ask_json
