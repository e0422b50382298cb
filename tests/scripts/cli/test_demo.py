"""`lake demo` prints the lake's actual folder, and commands that can be copied."""

import io
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from scripts.cli.demo import NEXT, say_next
from scripts.cli.root import root
from scripts.looking.errors import WrongRequestError

FOLDERS = ["plain", "of two words", "a\\", "it's"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_commands_to_try_can_be_copied(folder):
    said = io.StringIO()
    say_next(Console(file=said, width=60), Path(folder))
    lines = said.getvalue().splitlines()
    commands = [shlex.split(line) for line in lines if line.startswith("  ./lake ")]
    assert f"The lake is in {Path(folder).resolve()}. Try next:" in lines
    assert [[*shlex.split(command), "--root", folder] for command, _ in NEXT] == commands


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_is_named_as_it_is(monkeypatch, folder):
    monkeypatch.setattr("scripts.running.local_lake.LocalLake", lambda *_: 1 / 0)
    assert f"A lake in {folder}: orders" in CliRunner().invoke(root, ["demo", "--root", folder]).stdout


@pytest.mark.parametrize("folder", ["a[/b]", "a%41", "a\\b", "a\nb"])
def test_a_folder_that_could_not_be_looked_at_is_refused_from_the_start(folder):
    with pytest.raises(WrongRequestError, match="a lake cannot be looked at where"):
        CliRunner().invoke(root, ["demo", "--root", folder], catch_exceptions=False)
