"""`lake synth` writes templates, or prints in one line why not."""

import pytest
from click.testing import CliRunner

from scripts import synthesis
from scripts.cli.synth import command
from shared.errors import TerminalError, UnknownNameError


@pytest.fixture
def synthesized(monkeypatch):
    calls = []

    def synthesize(env, root, output, *, validate):
        calls.append((env, root, validate))
        output.mkdir()
        (output / "manifest.json").write_text("{}")
        (output / "Lakewright.template.json").write_text("{}")

    monkeypatch.setattr(synthesis, "_synthesize", synthesize)
    return calls


def test_templates_are_written_to_the_folder_asked_for(tmp_path, synthesized):
    result = CliRunner().invoke(command, ["--env", "prod", "--output", str(tmp_path / "out")])

    assert (0, [("prod", None, True)]) == (result.exit_code, synthesized)
    assert f"./lake cdk deploy --app {tmp_path / 'out'}\n" in result.output
    assert (tmp_path / "out" / "Lakewright.template.json").is_file()


def test_unknown_environment_is_refused_before_anything_runs(tmp_path, synthesized):
    result = CliRunner().invoke(command, ["--env", "staging", "--output", str(tmp_path / "out")])

    assert isinstance(result.exception, UnknownNameError)
    assert "dev, local, prod" in str(result.exception)
    assert [] == synthesized


def test_folder_of_something_else_is_refused(tmp_path, synthesized):
    (tmp_path / "file").touch()
    result = CliRunner().invoke(command, ["--output", str(tmp_path)])

    assert isinstance(result.exception, TerminalError)
