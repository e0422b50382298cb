"""A lake in a folder is used by one process at a time, and only its owner can read it."""

import os
import stat

import pytest

from scripts.running.lake_lock import locked


def mode(folder):
    return stat.S_IMODE(folder.stat().st_mode)


@pytest.fixture
def generous():
    """A umask that lets everybody read new files."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("generous")
def test_new_lake_is_its_owners_alone_and_what_is_above_it_stays_as_others_are(tmp_path):
    with locked(tmp_path / "lakes" / "mine"):
        assert (0o755, 0o700) == (mode(tmp_path / "lakes"), mode(tmp_path / "lakes" / "mine"))


@pytest.mark.usefixtures("generous")
def test_lake_that_was_opened_to_others_stays_open(tmp_path):
    tmp_path.chmod(0o750)

    with locked(tmp_path):
        assert 0o750 == mode(tmp_path)
