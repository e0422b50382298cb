"""A finished step is not run again, unless its lock changed or its files are gone."""

import pytest

from scripts.setup import launch, paths, stamp
from scripts.setup.errors import SetupError
from scripts.setup.steps import Step


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "STAMP", tmp_path / ".cache" / "setup.json")
    monkeypatch.setattr(paths, "LOCK", tmp_path / ".cache" / "setup.lock")
    (tmp_path / "a.lock").write_text("a 1.0")
    (tmp_path / "b.lock").write_text("b 1.0")
    return tmp_path


@pytest.fixture
def setup(checkout, monkeypatch):
    """Return a function that sets up with two steps and returns which were run."""
    broken: set[str] = set()

    def run(*breaks: str) -> list[str]:
        did: list[str] = []
        broken.clear()
        broken.update(breaks)

        def action(name: str) -> str:
            if name in broken:
                raise SetupError("no", given="nothing", expected="something", mend="try again")
            did.append(name)
            (checkout / f"{name}.made").touch()
            return "made"

        steps = [
            Step(name, lambda name=name: action(name), [checkout / f"{name}.lock"], [checkout / f"{name}.made"])
            for name in ("a", "b")
        ]
        monkeypatch.setattr(launch, "all_steps", lambda: steps)
        try:
            launch.set_up()
        except SetupError:
            did.append("failed")
        return did

    return run


def test_first_call_does_all_and_the_second_nothing(setup):
    assert [["a", "b"], []] == [setup(), setup()]


def test_changed_lock_redoes_its_own_step_only(setup, checkout):
    setup()
    (checkout / "b.lock").write_text("b 2.0")

    assert ["b"] == setup()


def test_files_that_are_gone_are_made_again(setup, checkout):
    setup()
    (checkout / "a.made").unlink()

    assert ["a"] == setup()


def test_failed_setup_goes_on_where_it_stopped(setup):
    assert [["a", "failed"], ["b"]] == [setup("b"), setup()]


def test_unreadable_stamp_counts_as_none(setup):
    setup()
    paths.STAMP.write_text("{ half a st")

    assert ["a", "b"] == setup()


def test_moved_checkout_is_set_up_anew(setup, checkout, monkeypatch):
    """Environments contain the absolute path that they were created at."""
    before = stamp.digest([checkout / "a.lock"])
    monkeypatch.setattr(paths, "ROOT", checkout / "elsewhere")

    assert before != stamp.digest([checkout / "a.lock"])
