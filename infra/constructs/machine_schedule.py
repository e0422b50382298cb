"""The schedule that starts a state machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, TimeZone
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from infra.constructs.undelivered_queue import undelivered_queue

if TYPE_CHECKING:
    from aws_cdk import aws_stepfunctions as sfn

    from shared.config.schedule import Schedule


class MachineSchedule(Construct):
    """A schedule in local time; `schedule` and `scheduled_time` in its input identify each start.

    EventBridge Scheduler delivers at least once, so the machine must recognize a repeated start. A start that could not
    be delivered for an hour waits in a queue with an alarm. The schedule of a machine without tables is off: its runs
    would do nothing, and cost their job runs.

    Example:
        MachineSchedule(self, "Daily", name="lake-daily", when=env.daily_batch, has_tables=True, machine=machine)
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, when: Schedule, has_tables: bool, machine: sfn.IStateMachine
    ) -> None:
        super().__init__(scope, id_)
        self.undelivered = undelivered_queue(self)
        scheduler.Schedule(
            self,
            "Schedule",
            schedule_name=name,
            schedule=scheduler.ScheduleExpression.expression(when.cron, TimeZone.of(when.time_zone)),
            enabled=when.enabled and has_tables,
            target=targets.StepFunctionsStartExecution(
                machine,
                input=scheduler.ScheduleTargetInput.from_object(
                    {"schedule": name, "scheduled_time": scheduler.ContextAttribute.scheduled_time}
                ),
                dead_letter_queue=self.undelivered,
                retry_attempts=10,
                max_event_age=Duration.hours(1),
            ),
        )
