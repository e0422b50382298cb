"""The logger, tracer and metrics of every function; below the handlers, so that logic may log too.

The service's name comes from the function's environment. Standard output belongs to metrics, which
Lambda reads there; logs go to standard error.
"""

import sys

from aws_lambda_powertools import Logger, Metrics, Tracer

from shared.metrics import NAMESPACE

logger = Logger(stream=sys.stderr)
tracer = Tracer()
metrics = Metrics(namespace=NAMESPACE)
