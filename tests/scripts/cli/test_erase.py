"""A request that makes no sense is refused before anything starts, with the possible values."""

import pytest
from click.testing import CliRunner

from scripts.cli.erase import command


@pytest.mark.examples
@pytest.mark.parametrize(
    "arguments, words",
    [
        pytest.param(
            ["--subject", "pet=7"], ["unknown kind of subject", "'pet'", "contact, customer, lead"], id="a kind"
        ),
        pytest.param(["--subject", "29485"], ["a subject could not be read", "KIND=ID"], id="no kind"),
        pytest.param(["--subject", "customer="], ["a subject could not be read", "KIND=ID"], id="nobody"),
        pytest.param(["--subject", "customer=7", "--root", "s3://b"], ["job run on EMR"], id="a bucket"),
        pytest.param(["--subject", "customer=7", "--root", "nowhere"], ["there is no lake at nowhere"], id="no lake"),
    ],
)
def test_a_wrong_request_ends_with_two(arguments, words):
    result = CliRunner().invoke(command, arguments)

    assert 2 == result.exit_code
    assert [] == [word for word in words if word not in result.output]
