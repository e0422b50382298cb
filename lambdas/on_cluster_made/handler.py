"""Gives a deploy the broker addresses of the Kafka cluster that it made, which no template can know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from lambdas.custom_resource import answer
from lambdas.events import SENT_BY_THE_STACK, read_event
from lambdas.observability import logger, tracer
from shared.errors import TerminalError
from shared.events import BOOTSTRAP_SERVERS, CLUSTER_BROKERS, ClusterMade

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# The addresses for clients that log in by their role.
BY_ROLE = "BootstrapBrokerStringSaslIam"


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Answer the request of the custom resource; `BootstrapServers` are the brokers for clients that log in by role.

    Raises:
        TerminalError: the cluster lets nobody in by role. CloudFormation gets its answer before that.
    """
    answer(event, CLUSTER_BROKERS, _brokers)


def _brokers(properties: dict[str, Any]) -> dict[str, str]:
    made = read_event(ClusterMade, properties, mend=SENT_BY_THE_STACK)
    found = boto3.client("kafka").get_bootstrap_brokers(ClusterArn=made.ClusterArn)
    if not found.get(BY_ROLE):
        ways = [name for name in found if name.startswith("Bootstrap")]
        raise TerminalError(
            "the cluster lets nobody in by role",
            given=f"{made.ClusterArn} with {', '.join(ways) or 'no way in'}",
            expected=BY_ROLE,
            mend="switch on the cluster's access control by IAM",
        )
    return {BOOTSTRAP_SERVERS: found[BY_ROLE]}
