"""The copy of a lake in another region: the buckets that S3 copies to, and their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import DefaultStackSynthesizer, Stack, Stage

from infra.artifacts import ASSET_PREFIX
from infra.constructs.lake_key import LakeKey
from infra.constructs.pii_key import PiiKey, close_files_to_others, close_to_others
from infra.constructs.private_bucket import PrivateBucket
from infra.conventions.costs import tag_costs
from infra.conventions.findings import accept
from infra.stacks.storage import PERSONAL, STAGED
from shared.contracts.connections import personal_landing_keys
from shared.replica_names import LAKE, LANDING, PII, copy_bucket, copy_key, copy_stack

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from shared.config import Environment
    from shared.contracts import Catalog


class ReplicaStage(Stage):
    """The copy of an environment, deployed apart and before it: `cdk deploy 'replica/*' --context env=prod`.

    Example:
        ReplicaStage(app, "replica", environment=environment, catalog=catalog, region="eu-central-1")
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment, catalog: Catalog, region: str) -> None:
        super().__init__(scope, id_)
        ReplicaStack(self, "Lakewright", environment=environment, catalog=catalog, region=region)


class ReplicaStack(Stack):
    """Buckets and keys like the lake's own, with names that the first region knows.

    An environment in this region can use them as its storage, as `lake_root`, `pii_root`, `landing_root` and `keys`.
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment, catalog: Catalog, region: str) -> None:
        super().__init__(
            scope,
            id_,
            env=cdk.Environment(region=region),
            stack_name=copy_stack(environment.name),
            description=f"Lakewright {environment.name}: the copy of the lake",
            termination_protection=not environment.allow_data_deletion,
            synthesizer=DefaultStackSynthesizer(bucket_prefix=ASSET_PREFIX, qualifier=environment.bootstrap_qualifier),
        )
        tag_costs(self, environment)
        self._environment = environment
        lake, pii = LakeKey(self, "Key", environment=environment), PiiKey(self, "PiiKey", environment=environment)
        lake.add_alias(copy_key(environment.name, is_personal=False))
        pii.add_alias(copy_key(environment.name, is_personal=True))
        logs = PrivateBucket(
            self,
            "Logs",
            expire={"access/": environment.log_retention_days},
        )
        accept(logs, {"AwsSolutions-S1": "it receives the access logs; logging its own would never end"})
        self._bucket(LAKE, lake, logs, expire=STAGED)
        landing = self._bucket(LANDING, lake, logs, event_bridge=True)
        close_files_to_others(landing, personal_landing_keys(catalog))
        close_to_others(self._bucket(PII, pii, logs, expire=PERSONAL))

    def _bucket(
        self,
        what: str,
        key: kms.IKey,
        logs: PrivateBucket,
        *,
        expire: dict[str, int] | None = None,
        event_bridge: bool = False,
    ) -> PrivateBucket:
        return PrivateBucket(
            self,
            what.title(),
            name=copy_bucket(self._environment.name, what, self.account),
            key=key,
            access_logs=logs,
            expire=expire,
            event_bridge=event_bridge,
        )
