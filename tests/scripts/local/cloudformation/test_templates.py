import pytest

from scripts.local.clients import client
from scripts.local.cloudformation.templates import parse_template, template_at
from shared.errors import TerminalError


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://s3.us-east-1.amazonaws.com/templates/a/lake.json", id="path style"),
        pytest.param("https://s3-eu-west-1.amazonaws.com/templates/a/lake.json", id="path style of old"),
        pytest.param("https://templates.s3.us-east-1.amazonaws.com/a/lake.json", id="the bucket as a host"),
        pytest.param("http://localhost:5000/templates/a/lake.json", id="localhost"),
        pytest.param("http://127.0.0.1:5000/templates/a/lake.json", id="the loopback address"),
    ],
)
def test_a_template_is_found_by_any_of_its_addresses(account, url):
    client("s3").create_bucket(Bucket="templates")
    client("s3").put_object(Bucket="templates", Key="a/lake.json", Body=b"{}")

    assert "{}" == template_at(url)


def test_a_template_that_is_not_there_is_named(account):
    with pytest.raises(TerminalError, match=r"\(NoSuchBucket\); given: https://none\.s3\.amazonaws\.com/lake\.json"):
        template_at("https://none.s3.amazonaws.com/lake.json")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"Outputs": {"A": {"Value": {"Fn::GetAtt": ["B", "C"]}}}}', id="json"),
        pytest.param("Outputs:\n  A:\n    Value: !GetAtt B.C\n", id="yaml"),
    ],
)
def test_a_template_is_read_in_both_languages(text):
    assert {"Outputs": {"A": {"Value": {"Fn::GetAtt": ["B", "C"]}}}} == parse_template(text)
