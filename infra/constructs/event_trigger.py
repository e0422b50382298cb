"""What starts a function when something happens in the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_destinations as destinations
from constructs import Construct

from infra.constructs.undelivered_queue import undelivered_queue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_lambda as lambda_

    from infra.constructs.place import Place

TRIES = 2
KEPT_FOR = Duration.hours(6)


class EventTrigger(Construct):
    """A rule on the account's event bus, or a schedule, and the function that it calls.

    EventBridge delivers at least once, so the function has to bear an event it has seen. An event that could not be
    delivered, or that the function could not answer, waits in a queue that an alarm watches.

    Example:
        EventTrigger(self, "Files", description="A file landed", when=landed_in(landing, ["crm/"]), function=...)
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        description: str,
        when: events.EventPattern | events.Schedule,
        function: lambda_.Function,
    ) -> None:
        super().__init__(scope, id_)
        self.undelivered = undelivered_queue(self)
        events.Rule(
            self,
            "Rule",
            description=description,
            schedule=when if isinstance(when, events.Schedule) else None,
            event_pattern=when if isinstance(when, events.EventPattern) else None,
            targets=[
                targets.LambdaFunction(
                    function, dead_letter_queue=self.undelivered, retry_attempts=10, max_event_age=KEPT_FOR
                )
            ],
        )
        function.configure_async_invoke(
            on_failure=destinations.SqsDestination(self.undelivered), retry_attempts=TRIES, max_event_age=KEPT_FOR
        )


def landed_in(place: Place, folders: Iterable[str]) -> events.EventPattern:
    """S3's `Object Created` below some folders of a place."""
    keys = [{"prefix": place.inside(folder)} for folder in folders]
    return events.EventPattern(
        source=["aws.s3"],
        detail_type=["Object Created"],
        detail={"bucket": {"name": [place.bucket.bucket_name]}, "object": {"key": keys}},
    )


def job_run_ended(application_id: str) -> events.EventPattern:
    """EMR Serverless' word that a job run of an application has come to an end, whichever."""
    return events.EventPattern(
        source=["aws.emr-serverless"],
        detail_type=["EMR Serverless Job Run State Change"],
        detail={"applicationId": [application_id], "state": ["SUCCESS", "FAILED", "CANCELLED"]},
    )
