import json
import uuid

import pytest

from scripts.local.clients import client

AWKWARD = 'a "quoted" \\ word\nof 😀/2'

DEFINITION = """{
  "QueryLanguage": "JSONata",
  "StartAt": "Say",
  "States": {
    "Say": {"Type": "Pass", "Assign": {"kept": TEXT}, "Output": {"text": TEXT}, "Next": "Recall"},
    "Recall": {"Type": "Pass", "Output": {"text": "{% $states.input.text %}", "kept": "{% $kept %}"}, "End": true}
  }
}"""


@pytest.mark.parametrize(
    "escaped",
    [
        pytest.param(json.dumps(AWKWARD), id="escaped as ASCII"),
        pytest.param(json.dumps(AWKWARD, ensure_ascii=False), id="escaped as little as possible"),
        pytest.param(json.dumps(AWKWARD).replace("/", "\\/"), id="an escaped slash"),
    ],
)
def test_a_literal_is_read_as_json(account, escaped):
    name, role = uuid.uuid4().hex, "arn:aws:iam::123456789012:role/machine"
    definition = DEFINITION.replace("TEXT", escaped)
    machine = client("stepfunctions").create_state_machine(name=name, definition=definition, roleArn=role)

    outcome = account.wait(account.start(machine["stateMachineArn"], {}, name=name))

    assert {"text": AWKWARD, "kept": AWKWARD} == outcome.output


def test_an_expression_holds_quotes_and_a_regular_expression(run_machine):
    expression = '{% $replace($states.input.text, /\\d+\\/"/, "<\\"&\\">") %}'

    outcome = run_machine({"Say": {"Type": "Pass", "Output": expression, "End": True}}, {"text": 'x12/"y'})

    assert 'x<"&">y' == outcome.output


def test_an_intrinsic_function_of_jsonpath_holds_quotes(run_machine):
    say = {"Type": "Pass", "Parameters": {"text.$": "States.Format('it\\'s {} \"now\"', $.word)"}, "End": True}

    outcome = run_machine({"Say": say}, {"word": 'a "b" \\ c'}, QueryLanguage="JSONPath")

    assert {"text": 'it\'s a "b" \\ c "now"'} == outcome.output


def test_a_refused_definition_does_not_spoil_the_next(start_of, run_machine):
    with pytest.raises(client("stepfunctions").exceptions.ClientError, match="InvalidDefinition"):
        start_of({"Nowhere": {"Type": "Task", "Resource": "arn:aws:states:::emr-serverless:nothing", "End": True}})

    outcome = run_machine({"Say": {"Type": "Pass", "Result": "fine", "End": True}}, QueryLanguage="JSONPath")

    assert "fine" == outcome.output
