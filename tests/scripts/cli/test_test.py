"""`lake test` ends with the codes of the command line: 0 well, 1 red, 2 the request is wrong."""

import pytest
from click.testing import CliRunner

from scripts.cli.root import root


@pytest.mark.slow
@pytest.mark.parametrize(
    "content, arguments, expected",
    [
        pytest.param("def test_it(): assert True", [], 0, id="green"),
        pytest.param("def test_it(): assert False", [], 1, id="red"),
        pytest.param("def test_it(): assert True", ["-k", "another"], 2, id="nothing picked"),
        pytest.param("def test_it(): assert True", ["--no-such-option"], 2, id="unknown option"),
    ],
)
def test_exit_code_tells_red_from_wrong(tmp_path, content, arguments, expected):
    file = tmp_path / "test_one.py"
    file.write_text(content)

    assert expected == CliRunner().invoke(root, ["test", str(file), *arguments]).exit_code
