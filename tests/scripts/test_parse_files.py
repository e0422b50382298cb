"""Every data file that cannot be parsed is listed with the reason."""

import subprocess

import pytest

from scripts.parse_files import unreadable_files


@pytest.mark.parametrize(
    "name, content",
    [
        pytest.param("machine.asl.json", '{"StartAt": }', id="state machine"),
        pytest.param("orders.odcs.yaml", "name: [orders", id="contract"),
        pytest.param("pyproject.toml", "[project", id="settings"),
    ],
)
def test_unreadable_file_is_named(tmp_path, name, content):
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / name).write_text(content)
    (tmp_path / "good.json").write_text("{}")

    [failure] = unreadable_files(tmp_path)

    assert failure.startswith(f"{name}: ")
