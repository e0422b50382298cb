import re
import tomllib
from pathlib import Path

import moto
import pytest

from scripts.local.moto_version import MOTO, require_known_moto
from shared.errors import TerminalError

ROOT = Path(__file__).parents[3]


def test_the_moto_installed_is_the_one_the_runtime_was_written_for():
    assert MOTO == moto.__version__, (
        f"scripts/local replaces private names of moto {MOTO}, and moto {moto.__version__} is installed: "
        "run tests/scripts/local, fix what the new moto broke, and raise MOTO in scripts/local/moto_version.py"
    )


def test_the_pin_is_exact_and_the_same():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    pins = [line for line in groups["local"] if line.startswith("moto")]

    assert [MOTO] == [re.sub(r"^moto(\[.*\])?==", "", pin) for pin in pins]


def test_another_moto_is_refused_before_anything_is_patched(monkeypatch):
    monkeypatch.setattr(moto, "__version__", "6.0.0")

    with pytest.raises(TerminalError, match=rf"given: moto 6.0.0; expected: moto {MOTO}; to fix: pin moto=={MOTO}"):
        require_known_moto()
