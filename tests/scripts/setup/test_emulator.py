"""The emulated Python is installed completely or not at all, and if it cannot be, the error says why."""

import pytest

from scripts.setup import emulator, paths
from scripts.setup.errors import SetupError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "EMULATED", tmp_path / "emulated")
    return tmp_path / "emulated"


def test_without_debians_programs_it_is_said_which_are_missing(monkeypatch):
    monkeypatch.setattr(emulator.shutil, "which", lambda program: None if program == "dpkg-deb" else f"/bin/{program}")

    with pytest.raises(SetupError) as refused:
        emulator.emulated_python()

    assert "no dpkg-deb" == refused.value.given


def test_what_fails_on_the_way_leaves_nothing(monkeypatch, cache):
    def fail(*_, **__):
        raise SetupError("no network", given="x", expected="y", mend="z")

    monkeypatch.setattr(emulator.shutil, "which", lambda program: f"/bin/{program}")
    monkeypatch.setattr(emulator, "run", fail)
    with pytest.raises(SetupError, match="no network"):
        emulator.emulated_python()

    assert [] == list(cache.iterdir())
