"""What starts a function when a file lands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.findings import accept

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_lambda as lambda_

    from infra.constructs.place import Place

TRIES = 2
KEPT_FOR = Duration.hours(6)


class FileTrigger(Construct):
    """A rule on S3's `Object Created` below some folders of a place, and the function that it calls.

    EventBridge delivers at least once, so the function has to know a file it has seen. An event that could not be
    delivered, or that the function could not answer, waits in a queue that an alarm watches.

    Example:
        FileTrigger(self, "Files", place=landing, folders=["crm/"], function=on_file_landed.function)
    """

    def __init__(
        self, scope: Construct, id_: str, *, place: Place, folders: Iterable[str], function: lambda_.Function
    ) -> None:
        super().__init__(scope, id_)
        self.undelivered = sqs.Queue(
            self,
            "Undelivered",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        accept(self.undelivered, {"AwsSolutions-SQS3": "it is itself the queue for what could not be delivered"})
        keys = [{"prefix": place.inside(folder)} for folder in folders]
        events.Rule(
            self,
            "Rule",
            description="A file landed that a contract may want",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={"bucket": {"name": [place.bucket.bucket_name]}, "object": {"key": keys}},
            ),
            targets=[
                targets.LambdaFunction(
                    function, dead_letter_queue=self.undelivered, retry_attempts=10, max_event_age=KEPT_FOR
                )
            ],
        )
        function.configure_async_invoke(
            on_failure=destinations.SqsDestination(self.undelivered), retry_attempts=TRIES, max_event_age=KEPT_FOR
        )
