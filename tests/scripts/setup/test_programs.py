"""A program of the setup is quiet when it goes well, and says everything when it fails."""

import pytest

from scripts.setup.errors import SetupError
from scripts.setup.links import link
from scripts.setup.programs import own_environment, run


def test_failure_is_told_in_four_parts():
    with pytest.raises(SetupError) as caught:
        run(["sh", "-c", "echo no such host >&2; exit 3"], what="the jar could not be had", mend="check the network")

    told = str(caught.value)

    assert told.startswith("the jar could not be had\n  given: `sh -c")
    assert "ended with code 3\n    no such host" in told
    assert told.endswith("\n  expected: code 0\n  to mend: check the network")


def test_program_that_is_not_there_is_told_likewise():
    with pytest.raises(SetupError, match="no-such-program starts"):
        run(["no-such-program"], what="nothing ran", mend="install it")


def test_settings_of_another_project_do_not_reach_our_programs(monkeypatch):
    monkeypatch.setenv("SPARK_HOME", "/opt/another-spark")
    monkeypatch.setenv("VIRTUAL_ENV", "/home/me/another-project")

    assert {"SPARK_HOME", "VIRTUAL_ENV"}.isdisjoint(own_environment())
    assert "17" == own_environment(JAVA="17")["JAVA"]


def test_link_is_moved_to_another_target(tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        link(tmp_path / "links" / "java", tmp_path / name)

    assert tmp_path / "second" == (tmp_path / "links" / "java").readlink()
    assert ["java"] == [file.name for file in (tmp_path / "links").iterdir()]
