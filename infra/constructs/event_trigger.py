"""The rules and schedules that call a function when something happens in the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_destinations as destinations
from constructs import Construct

from infra.constructs.undelivered_queue import DELIVERIES, KEPT_FOR, undelivered_queue

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

TRIES = 2


class EventTrigger(Construct):
    """A rule on the account's event bus, or a schedule, and the function that it calls.

    EventBridge delivers at least once, so the function must tolerate repeated events. An event that could not be
    delivered, or on which the function failed, waits in a queue with an alarm.

    Example:
        EventTrigger(self, "JobRuns", description="A job run ended", when=job_run_ended(...), function=...)
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
                    function,
                    dead_letter_queue=self.undelivered,
                    retry_attempts=DELIVERIES,
                    max_event_age=KEPT_FOR,
                )
            ],
        )
        function.configure_async_invoke(
            on_failure=destinations.SqsDestination(self.undelivered), retry_attempts=TRIES, max_event_age=KEPT_FOR
        )


def job_run_ended(application_id: str) -> events.EventPattern:
    """The pattern of EMR Serverless' events that a job run of an application has ended, however it did."""
    return events.EventPattern(
        source=["aws.emr-serverless"],
        detail_type=["EMR Serverless Job Run State Change"],
        detail={"applicationId": [application_id], "state": ["SUCCESS", "FAILED", "CANCELLED"]},
    )
