import pytest

from scripts.local import shapes
from scripts.local.api_models import operation


@pytest.mark.parametrize(
    "service, name, given, expected",
    [
        pytest.param(
            "emr-serverless",
            "start_job_run",
            {"ApplicationId": "a", "JobDriver": {"SparkSubmit": {"EntryPoint": "e"}}, "Tags": {"Key": "v"}},
            {"applicationId": "a", "jobDriver": {"sparkSubmit": {"entryPoint": "e"}}, "tags": {"Key": "v"}},
            id="casing, but not of a map's keys",
        ),
        pytest.param(
            "cloudwatch",
            "put_metric_alarm",
            {"Threshold": 1, "EvaluationPeriods": "2", "ActionsEnabled": "true"},
            {"Threshold": 1.0, "EvaluationPeriods": 2, "ActionsEnabled": True},
            id="scalars",
        ),
        pytest.param("sns", "publish", {"Message": {"a": 1}}, {"Message": '{"a":1}'}, id="a document in a text"),
        pytest.param(
            "glue",
            "create_table",
            {"TableInput": {"Name": "t", "StorageDescriptor": {"Columns": [{"Name": "c"}]}}},
            {"TableInput": {"Name": "t", "StorageDescriptor": {"Columns": [{"Name": "c"}]}}},
            id="lists of structures",
        ),
    ],
)
def test_a_request_has_the_casing_and_types_of_the_api(service, name, given, expected):
    assert expected == shapes.to_request(operation(service, name).input_shape, given)


def test_an_unknown_member_is_named_with_its_place():
    given = {"TableInput": {"StorageDescriptor": {"Columns": [{"Nmae": "c"}]}}}

    with pytest.raises(shapes.UnknownMemberError) as caught:
        shapes.to_request(operation("glue", "create_table").input_shape, given)

    assert "TableInput.StorageDescriptor.Columns[].Nmae" == caught.value.path
    assert "Name" in caught.value.known


def test_a_response_is_shown_in_pascal_case():
    shape = operation("emr-serverless", "get_job_run").output_shape

    shown = shapes.to_pascal(shape, {"jobRun": {"jobRunId": "1", "tags": {"some key": "v"}}})

    assert {"JobRun": {"JobRunId": "1", "Tags": {"some key": "v"}}} == shown
