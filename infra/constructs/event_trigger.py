"""The rules and schedules that call a function when something happens in the account."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_destinations as destinations
from constructs import Construct

from infra.constructs.undelivered_queue import DELIVERIES, KEPT_FOR, undelivered_queue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_lambda as lambda_

    from infra.constructs.place import Place

TRIES = 2
# Source: Amazon EventBridge user guide, "Quotas": 2,048 characters of a pattern, which leaves room for the rest of it.
NAMES_CHARACTERS = 1500


class EventTrigger(Construct):
    """A rule on the account's event bus, or a schedule, and the function that it calls.

    EventBridge delivers at least once, so the function must tolerate repeated events. An event that could not be
    delivered, or on which the function failed, waits in a queue with an alarm.

    Example:
        EventTrigger(self, "Files", description="A file landed", when=landed_in(landing, ...), function=...)
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


def landed_in(place: Place, names: Iterable[str], *, folders: Iterable[str]) -> events.EventPattern:
    """The pattern of S3's `Object Created` events for objects in a place whose names match.

    Nothing starts for the folders that a console makes, nor for files that other programs leave beside the wanted ones.

    Args:
        place: Where the objects land.
        names: The names, in which `*` stands for any text.
        folders: The folders with all of them; the pattern has only these if the names are too long for it.
    """
    keys = [{"wildcard": _wildcard(place, name)} for name in names]
    if len(json.dumps(keys)) > NAMES_CHARACTERS:
        keys = [{"prefix": place.inside(folder)} for folder in folders]
    return events.EventPattern(
        source=["aws.s3"],
        detail_type=["Object Created"],
        detail={"bucket": {"name": [place.bucket.bucket_name]}, "object": {"key": keys}},
    )


def job_run_ended(application_id: str) -> events.EventPattern:
    """The pattern of EMR Serverless' events that a job run of an application has ended, however it did."""
    return events.EventPattern(
        source=["aws.emr-serverless"],
        detail_type=["EMR Serverless Job Run State Change"],
        detail={"applicationId": [application_id], "state": ["SUCCESS", "FAILED", "CANCELLED"]},
    )


def _wildcard(place: Place, name: str) -> str:
    """A name in a place as a pattern of EventBridge, in which a backslash makes the next character literal."""
    begin, star, end = name.partition("*")
    literal = re.compile(r"[*\\]")
    return literal.sub(r"\\\g<0>", place.inside(begin)) + star + literal.sub(r"\\\g<0>", end)
