"""Starts runs for the files that land: a rule, the queue in which they wait for each other, and a function."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.event_function import EventFunction
from infra.constructs.undelivered_queue import DELIVERIES, KEPT_FOR, undelivered_queue
from shared.contracts.connections import landing_folders, landing_names
from shared.names import Variable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_stepfunctions as sfn

    from infra.constructs.artifact_asset import ArtifactAsset
    from infra.constructs.place import Place
    from infra.stacks.storage import Storage
    from shared.config import Environment
    from shared.contracts import Catalog

# Files that land within this time are there when the run starts that the first of them causes.
TOGETHER = Duration.minutes(1)
# A file that lands during a run waits for its end: this long at a time, and this often before somebody is told.
WAIT, WAITS = Duration.minutes(5), 48
# Lambda counts six of the function's timeouts as safe before a message is delivered again.
TIMEOUT = Duration.seconds(30)
BATCH, BATCH_WINDOW = 1000, Duration.seconds(20)
# The least that Lambda takes. It need not be one: however many calls there are at a time, one run is started.
CALLS = 2
# Source: Amazon EventBridge user guide, "Quotas": 2,048 characters of a pattern, which leaves room for the rest of it.
NAMES_CHARACTERS = 1500


class LandedFiles(Construct):
    """A rule for the files that contracts read, a queue, and the function that starts a machine for them.

    The function hands files back to the queue as long as a run is in progress. A file that has waited for four hours,
    or whose event could not be delivered, goes to `undelivered`.

    Example:
        LandedFiles(self, "LandedFiles", catalog=catalog, machine=machine, ...)
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        catalog: Catalog,
        code: ArtifactAsset,
        storage: Storage,
        machine: sfn.StateMachine,
    ) -> None:
        super().__init__(scope, id_)
        self.undelivered = undelivered_queue(self)
        queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            delivery_delay=TOGETHER,
            visibility_timeout=WAIT,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.undelivered, max_receive_count=WAITS),
        )
        events.Rule(
            self,
            "Rule",
            description="A file landed that a contract may want",
            event_pattern=landed_in(storage.landing, landing_names(catalog), folders=landing_folders(catalog)),
            targets=[
                targets.SqsQueue(
                    queue, dead_letter_queue=self.undelivered, retry_attempts=DELIVERIES, max_event_age=KEPT_FOR
                )
            ],
        )
        actions = ["states:StartExecution", "states:ListExecutions", "states:DescribeStateMachine"]
        function = EventFunction(
            self,
            "OnFileLanded",
            event="on_file_landed",
            environment=environment,
            code=code,
            key=storage.key,
            timeout=TIMEOUT,
            variables={Variable.FILE_LANDED_ARN: machine.state_machine_arn},
            statements=[iam.PolicyStatement(actions=actions, resources=[machine.state_machine_arn])],
        )
        function.function.add_event_source(
            sources.SqsEventSource(
                queue,
                batch_size=BATCH,
                max_batching_window=BATCH_WINDOW,
                max_concurrency=CALLS,
                report_batch_item_failures=True,
            )
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


def _wildcard(place: Place, name: str) -> str:
    """A name in a place as a pattern of EventBridge, in which a backslash makes the next character literal."""
    begin, star, end = name.partition("*")
    literal = re.compile(r"[*\\]")
    return literal.sub(r"\\\g<0>", place.inside(begin)) + star + literal.sub(r"\\\g<0>", end)
