"""MSK Serverless clusters.

What moto 5.2.5 does differently: their ARNs have another form, they stay in state CREATING, and they have no bootstrap
address. On a laptop nothing listens at that address: its topics are in a broker of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from moto.kafka.exceptions import KafkaException
from moto.kafka.models import FakeKafkaCluster, KafkaBackend
from moto.kafka.responses import KafkaResponse
from moto.utilities.utils import get_partition

from scripts.local.patching import once

if TYPE_CHECKING:
    from collections.abc import Callable


def _arn(self: FakeKafkaCluster) -> str:
    partition = get_partition(self.region_name)
    cluster = f"cluster/{self.cluster_name}/{self.cluster_id}-s1"
    return f"arn:{partition}:kafka:{self.region_name}:{self.account_id}:{cluster}"


def _active(original: Callable[..., tuple[str, str, str, str]]) -> Callable[..., tuple[str, str, str, str]]:
    def create_cluster_v2(self: KafkaBackend, *args: Any, **named: Any) -> tuple[str, str, str, str]:
        name = named["cluster_name"]
        if name in {cluster.cluster_name for cluster in self.clusters.values()}:
            raise KafkaException("ConflictException", f"A cluster with the name {name} already exists.")
        made = original(self, *args, **named)
        self.clusters[made[0]].state = "ACTIVE"
        return made

    return create_cluster_v2


def _bootstrap_brokers(self: KafkaResponse) -> str:
    arn = unquote(self.parsed_url.path.split("/clusters/")[-1].removesuffix("/bootstrap-brokers"))
    cluster = self.kafka_backend.clusters[arn]
    if cluster.cluster_type != "SERVERLESS":
        return "{}"
    host = f"boot-{cluster.cluster_id[:8]}.c1.kafka-serverless.{cluster.region_name}.amazonaws.com"
    return json.dumps({"bootstrapBrokerStringSaslIam": f"{host}:9098"})


def install() -> None:
    """Replace moto's own functions; a second call changes nothing."""
    FakeKafkaCluster._generate_arn = _arn
    once(KafkaBackend, "create_cluster_v2", _active)
    KafkaResponse.get_bootstrap_brokers = _bootstrap_brokers
