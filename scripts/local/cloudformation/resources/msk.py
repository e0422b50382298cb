"""Kafka clusters. They are stored and returned; on a laptop the topics are in a broker of its own."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, handles
from scripts.local.cloudformation.resource import Made, Resource


@handles("AWS::MSK::ServerlessCluster")
class ServerlessCluster(Handler):
    """A cluster; none of its settings can be changed."""

    applied = frozenset({"ClientAuthentication", "ClusterName", "Tags", "VpcConfigs"})

    def create(self, resource: Resource) -> Made:
        """Create the cluster."""
        answer = resource.call(
            "kafka",
            "create_cluster_v2",
            ClusterName=resource.get("ClusterName"),
            Tags=resource.get("Tags"),
            Serverless=self._as_api(resource),
        )
        return Made(answer["ClusterArn"], {"Arn": answer["ClusterArn"]})

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the cluster."""
        resource.call("kafka", "delete_cluster", ClusterArn=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The cluster as the service describes it."""
        found = resource.call("kafka", "describe_cluster_v2", ClusterArn=made.ref)["ClusterInfo"]
        places = [
            {"SubnetIds": place["SubnetIds"], "SecurityGroups": place["SecurityGroupIds"]}
            for place in found["Serverless"]["VpcConfigs"]
        ]
        return {
            **{name: found[name] for name in ("ClusterName", "Tags")},
            "ClientAuthentication": found["Serverless"]["ClientAuthentication"],
            "VpcConfigs": places,
        }

    def _as_api(self, resource: Resource) -> dict[str, Any]:
        """Rename the groups of a location, whose name differs in the API."""
        places = [
            {"SubnetIds": place["SubnetIds"], "SecurityGroupIds": place.get("SecurityGroups", [])}
            for place in resource.get("VpcConfigs")
        ]
        return {"VpcConfigs": places, **resource.only("ClientAuthentication")}
