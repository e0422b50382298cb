"""A cloud assembly is created offline, kept while nothing changes, and never overwrites something else."""

import json
import subprocess

import pytest

from scripts import synthesis
from scripts.setup import paths
from scripts.setup.launch import runtime_environment
from scripts.synthesis import assembly
from shared.errors import TerminalError


@pytest.fixture
def synthesized(monkeypatch):
    """Record the calls to the CDK instead of running it."""
    calls = []

    def synthesize(env, root, output, *, validate):
        calls.append((env, root))
        output.mkdir()
        (output / "manifest.json").write_text("{}")
        (output / f"{len(calls)}.template.json").write_text("{}")

    monkeypatch.setattr(synthesis, "_synthesize", synthesize)
    return calls


def test_unchanged_sources_are_synthesized_once(tmp_path, synthesized):
    folders = [assembly("prod", None, tmp_path / "out") for _ in range(2)]

    assert [tmp_path / "out"] * 2 == folders
    assert [("prod", None)] == synthesized


@pytest.mark.parametrize(
    "env, root",
    [
        pytest.param("dev", None, id="another environment"),
        pytest.param("prod", "lake", id="another root"),
    ],
)
def test_another_question_is_answered_in_a_clean_folder(tmp_path, synthesized, env, root):
    assembly("prod", None, tmp_path / "out")
    assembly(env, root and tmp_path / root, tmp_path / "out")

    assert 2 == len(synthesized)
    assert ["2.template.json"] == [path.name for path in (tmp_path / "out").glob("*.template.json")]


def test_changed_sources_are_synthesized_again(tmp_path, monkeypatch, synthesized):
    assembly("prod", None, tmp_path / "out")
    monkeypatch.setattr(synthesis, "SOURCES", ("infra/stacks/*",))
    assembly("prod", None, tmp_path / "out")

    assert 2 == len(synthesized)


def test_change_of_a_file_that_templates_are_made_from_is_seen(tmp_path, monkeypatch, synthesized):
    files = [tmp_path / name for name in ("app.py", "cdk.json", "uv.lock", "scripts/setup/jars.lock")]
    (tmp_path / "scripts" / "setup").mkdir(parents=True)
    for file in files:
        file.touch()
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    assembly("prod", None, tmp_path / "out")

    for calls, file in enumerate(files, start=2):
        file.write_text("changed")
        assembly("prod", None, tmp_path / "out")
        assert calls == len(synthesized), file


def test_folder_of_something_else_is_left_alone(tmp_path, synthesized):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(TerminalError, match="--output"):
        assembly("prod", None, tmp_path)
    assert "years of work" == (tmp_path / "thesis.txt").read_text()


def test_failed_synthesis_keeps_the_older_assembly(tmp_path, monkeypatch, synthesized):
    assembly("prod", None, tmp_path / "out")

    def fail(*_, **__):
        raise TerminalError("no")

    monkeypatch.setattr(synthesis, "_synthesize", fail)
    with pytest.raises(TerminalError):
        assembly("dev", None, tmp_path / "out")

    assert [tmp_path / "out"] == list(tmp_path.iterdir())
    assert (tmp_path / "out" / "1.template.json").is_file()


def test_what_is_wrong_with_a_file_is_told_without_a_traceback(tmp_path):
    with pytest.raises(TerminalError) as refused:
        assembly("staging", None, tmp_path / "out")

    told = "unknown environment; given: 'staging'; expected: one of dev, local, prod"
    assert f"the CDK app could not be synthesized for staging:\n{told}" == str(refused.value)


@pytest.mark.slow
def test_cdk_loads_where_others_may_write_below_home(tmp_path):
    """jsii refuses its default folder there; both ways to run the app set another one."""
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache").chmod(0o777)
    app = json.loads((paths.ROOT / "cdk.json").read_text())["app"]
    node_of_a_shell = {"PATH": f"{paths.NODE.parent}:/usr/bin:/bin"}

    for command, environment in [
        ([paths.VENV_PYTHON, "-c", "import aws_cdk"], runtime_environment()),
        (["sh", "-c", app.replace("app.py", "-c 'import aws_cdk'")], node_of_a_shell),
    ]:
        home = {**environment, "HOME": str(tmp_path), "XDG_CACHE_HOME": ""}
        finished = subprocess.run(command, cwd=paths.ROOT, env=home, capture_output=True, text=True, check=False)
        assert (0, "") == (finished.returncode, finished.stderr)
    assert [tmp_path / ".cache"] == list(tmp_path.rglob("*"))
