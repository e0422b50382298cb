import json

from scripts.local.clients import client
from scripts.local.executions import Status


def test_arguments_and_results_are_in_pascal_case(run_machine):
    client("s3").create_bucket(Bucket="casing")
    client("s3").put_object(Bucket="casing", Key="a.json", Body=b'{"rows": 3}')
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "End": True}
    task |= {"Arguments": {"Bucket": "casing", "Key": "a.json"}}
    task |= {"Output": "{% {'rows': $parse($states.result.Body).rows, 'size': $states.result.ContentLength} %}"}

    assert {"rows": 3, "size": 11} == run_machine({"Read": task}).output


def test_a_service_with_camel_case_members_is_spoken_to_in_pascal_case(run_machine):
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:emrserverless:listApplications", "End": True}
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:listStateMachines", "End": True}
    task |= {"Arguments": {"MaxResults": 1}, "Output": "{% $count($states.result.StateMachines) %}"}

    assert 1 == run_machine({"List": task}).output


def test_a_document_in_a_text_member_is_sent_as_json(run_machine, topic, queue):
    url, arn = queue
    attributes = {"RawMessageDelivery": "true"}
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
    task = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True}
    task |= {"Arguments": {"TopicArn": topic, "Message": {"table": "{% $states.input.table %}"}}}

    run_machine({"Tell": task}, {"table": "silver.orders"})

    message = client("sqs").receive_message(QueueUrl=url)["Messages"][0]
    assert {"table": "silver.orders"} == json.loads(message["Body"])


def test_an_argument_that_the_integration_does_not_take_is_refused(run_machine, topic):
    task = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True}
    task |= {"Arguments": {"TopicArn": topic, "Message": "x", "Mesage": "y"}}

    outcome = run_machine({"Tell": task})

    assert Status.FAILED == outcome.status
    assert "does not take Mesage" in outcome.cause
