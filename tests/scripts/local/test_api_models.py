import pytest
from moto.core import utils

from scripts.local.api_models import operation, session


def test_moto_reads_no_model_a_second_time(account):
    once = session().get_component("data_loader").load_service_model("glue", "service-2")

    assert once is utils._load_service_model("glue", "service-2")


@pytest.mark.parametrize(
    "name",
    [pytest.param("start_job_run", id="as in Python"), pytest.param("StartJobRun", id="as in the API")],
)
def test_an_operation_is_found_by_either_name(name):
    assert "StartJobRun" == operation("emr-serverless", name).name


def test_an_unknown_operation_is_named():
    with pytest.raises(KeyError, match="emr-serverless has no operation fly"):
        operation("emr-serverless", "fly")
