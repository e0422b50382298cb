"""Checks every few minutes whether tables are as new as their contracts promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.event_function import EventFunction
from infra.constructs.event_trigger import EventTrigger
from infra.conventions.findings import accept
from infra.rights.event_bus import put_events_statement
from infra.rights.key_use import use_statement
from shared.freshness import CHECK_INTERVAL
from shared.names import RUNS_FOLDER, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_stepfunctions as sfn

    from infra.constructs.artifact_asset import ArtifactAsset
    from infra.stacks.storage import Storage
    from shared.config import Environment


# For a promise of a week the function reads hundreds of pages; the next check is 15 minutes later.
TIMEOUT, MEMORY_MB = Duration.minutes(5), 1024


class FreshnessWatch(Construct):
    """A function that reads the ledger of some machines, counts late tables, and puts newly late ones on the event bus.

    Tables are late only if all machines that they need are scheduled in the environment. The events of failed checks
    wait in `undelivered`.

    Example:
        FreshnessWatch(self, "Freshness", environment=environment, code=code, storage=storage, machines=[daily])
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        code: ArtifactAsset,
        storage: Storage,
        machines: Iterable[sfn.StateMachine],
    ) -> None:
        super().__init__(scope, id_)
        lake, arns = storage.lake, [machine.state_machine_arn for machine in machines]
        function = EventFunction(
            self,
            "OnWatchDue",
            event="on_watch_due",
            environment=environment,
            code=code,
            key=storage.key,
            timeout=TIMEOUT,
            memory_mb=MEMORY_MB,
            variables={
                Variable.LAKE_ROOT: lake.root,
                Variable.MACHINE_ARNS: ",".join(arns),
                Variable.SCHEDULED_MACHINES: ",".join(environment.brought_up_to_date_by),
            },
            statements=[
                iam.PolicyStatement(actions=["states:ListExecutions"], resources=arns),
                *lake.lookup_statements(RUNS_FOLDER),
                use_statement(storage.key),
                put_events_statement(self),
            ],
        )
        accept(function.role, {lake.finding(RUNS_FOLDER): "every run has a folder of its own"})
        trigger = EventTrigger(
            self,
            "Due",
            description="It is time to see whether tables are late",
            when=events.Schedule.rate(Duration.seconds(CHECK_INTERVAL.total_seconds())),
            function=function.function,
        )
        self.undelivered = trigger.undelivered
