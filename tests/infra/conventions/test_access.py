"""An access mode that does not work is an error at synthesis that says what to change."""

import pytest

from infra.conventions.access import require_access
from shared.access_modes import AccessMode
from shared.config import load_environment
from shared.config.model import Access
from shared.errors import TerminalError


def environment(**access):
    return load_environment("prod").model_copy(update={"access": Access(**access)})


def test_environments_as_they_are_pass():
    for name in ("dev", "local", "prod"):
        require_access(load_environment(name))


def test_consumers_by_rows_and_columns_pass():
    require_access(environment(consumer=AccessMode.FINE_GRAINED))


@pytest.mark.parametrize(
    "access, mend",
    [
        pytest.param({"batch": "full_table"}, "set access.batch: iam", id="batch"),
        pytest.param({"streaming": "fine_grained"}, "set access.streaming: iam", id="streaming"),
        pytest.param({"consumer": "iam"}, "set access.consumer: fine_grained", id="consumers"),
    ],
)
def test_wrong_combination_says_what_to_change(access, mend):
    with pytest.raises(TerminalError, match=mend):
        require_access(environment(**access))


@pytest.mark.usefixtures("clouds")
def test_no_template_is_made_of_it(tmp_path):
    import aws_cdk as cdk

    from infra.lakewright_stack import LakewrightStack
    from shared.contracts import load_catalog

    with pytest.raises(TerminalError, match="cannot reach data"):
        LakewrightStack(
            cdk.App(outdir=str(tmp_path)), "L", environment=environment(batch="full_table"), catalog=load_catalog()
        )
