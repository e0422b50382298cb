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
# With a service's name, metrics would have one more dimension than alarms and the dashboard name.
metrics = Metrics(namespace=NAMESPACE, service="")


def count(env: str, counts: Mapping[str, int]) -> None:
    """Send an environment's counts as metrics; nothing for none, since Powertools warns about an empty message.

    Args:
        env: The environment.
        counts: The values by the metrics' names, those of `shared/metrics.py`.
    """
    if not counts:
        return
    for name, value in dimensions(env).items():
        metrics.add_dimension(name=name, value=value)
    for name, number in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    metrics.flush_metrics()
