"""The logger, tracer and metrics of every function; below the handlers, so that logic may log too.

The service's name comes from the function's environment. Standard output belongs to metrics, which
Lambda reads there; logs go to standard error.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from shared.metrics import NAMESPACE, dimensions

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(stream=sys.stderr)
tracer = Tracer()
# With a service's name they would have one dimension more than alarms and the dashboard ask for.
metrics = Metrics(namespace=NAMESPACE, service="")


def count(env: str, counts: Mapping[str, int]) -> None:
    """Send counts of an environment by their metrics' names; Powertools warns of an empty message.

    Args:
        env: The environment.
        counts: What was counted, by the names of `shared/metrics.py`.
    """
    if not counts:
        return
    for name, value in dimensions(env).items():
        metrics.add_dimension(name=name, value=value)
    for name, number in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    metrics.flush_metrics()
