"""CloudWatch alarms and dashboards: stored and returned; no metric changes them on a laptop."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource


@handles("AWS::CloudWatch::Alarm")
class Alarm(Handler):
    """An alarm on a metric."""

    applied = frozenset(
        {"ActionsEnabled", "AlarmActions", "AlarmDescription", "AlarmName", "ComparisonOperator"}
        | {"DatapointsToAlarm", "Dimensions", "EvaluateLowSampleCountPercentile", "EvaluationPeriods"}
        | {"ExtendedStatistic", "InsufficientDataActions", "MetricName", "Metrics", "Namespace", "OKActions"}
        | {"Period", "Statistic", "Tags", "Threshold", "ThresholdMetricId", "TreatMissingData", "Unit"}
    )

    def create(self, resource: Resource) -> Made:
        """Create the alarm."""
        name = resource.get("AlarmName", resource.name)
        resource.call("cloudwatch", "put_metric_alarm", AlarmName=name, **resource.without("AlarmName"))
        arn = f"arn:aws:cloudwatch:{resource.region}:{resource.account}:alarm:{name}"
        return Made(name, {"Arn": arn})

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the alarm in place."""
        resource.call("cloudwatch", "put_metric_alarm", AlarmName=made.ref, **resource.without("AlarmName"))
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the alarm."""
        resource.call("cloudwatch", "delete_alarms", AlarmNames=[made.ref])

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The alarm as the service describes it."""
        found = resource.call("cloudwatch", "describe_alarms", AlarmNames=[made.ref])["MetricAlarms"][0]
        names = (
            "AlarmActions",
            "AlarmDescription",
            "ComparisonOperator",
            "EvaluationPeriods",
            "MetricName",
            "Namespace",
            "Threshold",
        )
        return {name: found[name] for name in names if name in found}


@handles("AWS::CloudWatch::Dashboard")
class Dashboard(Handler):
    """A dashboard."""

    applied = frozenset({"DashboardBody", "DashboardName"})
    idle = because(Tags="a laptop has no bill")

    def create(self, resource: Resource) -> Made:
        """Create the dashboard."""
        name = resource.get("DashboardName", resource.name)
        resource.call("cloudwatch", "put_dashboard", DashboardName=name, **resource.only("DashboardBody"))
        return Made(name)

    def update(self, resource: Resource, made: Made) -> Made:
        """Replace the old body with the new one."""
        resource.call("cloudwatch", "put_dashboard", DashboardName=made.ref, **resource.only("DashboardBody"))
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the dashboard."""
        resource.call("cloudwatch", "delete_dashboards", DashboardNames=[made.ref])
