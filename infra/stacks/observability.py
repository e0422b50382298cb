"""The dashboard of machines, job runs and tables, for a first look by the person on call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Duration, NestedStack
from aws_cdk import aws_cloudwatch as cloudwatch

from shared.backfill import BACKFILL_MACHINE
from shared.jobs import MACHINE_STEPS
from shared.metrics import NAMESPACE, TABLES_LATE, dimensions, tables_failed
from shared.names import Machine, Names

if TYPE_CHECKING:
    from constructs import Construct

    from shared.config import Environment

HALF, WHOLE, HEIGHT = 12, 24, 6
STATES, SPARK = "AWS/States", "AWS/EMRServerless"
MACHINES = (*Machine, BACKFILL_MACHINE)
ENDS = ("ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")


class Observability(NestedStack):
    """A dashboard that grows with the machines and steps, and not with the tables or the job runs.

    It names metrics and refers to no resource, so it depends on no other stack and none depends on it.
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment) -> None:
        super().__init__(scope, id_, description="Lakewright: the dashboard")
        self._names = Names(environment)
        self._environment = environment
        dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=self._names.stack,
            default_interval=Duration.days(7),
            period_override=cloudwatch.PeriodOverride.INHERIT,
        )
        dashboard.add_widgets(self._executions(), self._tables())
        dashboard.add_widgets(self._job_runs(), self._capacity())
        dashboard.add_widgets(self._durations())
        if environment.brought_up_to_date_by:
            dashboard.add_widgets(self._late())

    def _executions(self) -> cloudwatch.GraphWidget:
        metrics = [self._of_machine(machine, end, "Sum") for machine in MACHINES for end in ENDS]
        return _graph("How executions ended", metrics, HALF)

    def _durations(self) -> cloudwatch.GraphWidget:
        metrics = [self._of_machine(machine, "ExecutionTime", "Maximum") for machine in MACHINES]
        return _graph("How long executions took, milliseconds", metrics, WHOLE)

    def _tables(self) -> cloudwatch.GraphWidget:
        metrics = [self._ours(tables_failed(step), "Sum") for step in MACHINE_STEPS]
        return _graph("Tables that failed, by step", metrics, HALF)

    def _late(self) -> cloudwatch.GraphWidget:
        return _graph("Tables older than promised", [self._ours(TABLES_LATE, "Maximum")], WHOLE)

    def _job_runs(self) -> cloudwatch.GraphWidget:
        """Job runs by their end, searched for by the application's name, since its id changes with its settings."""
        return _graph("Job runs", [self._search(name) for name in ("SuccessJobs", "FailedJobs", "RunningJobs")], HALF)

    def _capacity(self) -> cloudwatch.GraphWidget:
        return _graph(
            "vCPUs allocated, and the cap", [self._search("CPUAllocated"), self._search("MaxCPUAllowed")], HALF
        )

    def _search(self, name: str) -> cloudwatch.MathExpression:
        where = f'Namespace="{SPARK}" MetricName="{name}" ApplicationName="{self._names.application}"'
        return cloudwatch.MathExpression(
            expression=f"SUM(SEARCH('{where}', 'Maximum', 300))",
            label=name,
            using_metrics={},
            period=Duration.minutes(5),
        )

    def _ours(self, name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map=dimensions(self._environment.name),
            statistic=statistic,
            period=Duration.hours(1),
        )

    def _of_machine(self, machine: str, name: str, statistic: str) -> cloudwatch.Metric:
        arn = self.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=self._names.machine(machine),
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        return cloudwatch.Metric(
            namespace=STATES,
            metric_name=name,
            dimensions_map={"StateMachineArn": arn},
            statistic=statistic,
            label=f"{machine} {name}",
            period=Duration.hours(1),
        )


def _graph(
    title: str, metrics: list[cloudwatch.Metric] | list[cloudwatch.MathExpression], width: int
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=width, height=HEIGHT)
