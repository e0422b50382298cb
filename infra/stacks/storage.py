"""What keeps state: the key, the buckets of the lake, and the tables of leases, of known runs and of served rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import NestedStack, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms

from infra.constructs.lake_key import LakeKey
from infra.constructs.pii_key import PiiKey, close_files_to_others, close_to_others
from infra.constructs.place import Place, is_bucket
from infra.constructs.private_bucket import PrivateBucket
from infra.constructs.replication import ReplicatedBucket, replicate_bucket
from infra.conventions.findings import accept
from infra.conventions.retention import KEPT
from shared.contracts.connections import personal_landing_keys
from shared.erasure import REQUESTS_FOLDER
from shared.names import JOB_LOGS_FOLDER, STAGING_FOLDER, UNLOAD_FOLDER, Names
from shared.replica_names import LAKE, LANDING, PII
from shared.serving import PATH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from shared.config import Environment
    from shared.contracts import Catalog

STAGING_DAYS = 3
# Days until temporary files expire, by prefix: a job run that was killed removes none of them.
STAGED = {f"{folder}/": STAGING_DAYS for folder in (STAGING_FOLDER, UNLOAD_FOLDER)}
PERSONAL = {f"{folder}/": STAGING_DAYS for folder in (STAGING_FOLDER, REQUESTS_FOLDER)}
RESULTS_FOLDER = "results"
RESULT_DAYS = 7


class Storage(NestedStack):
    """The key, buckets and tables; existing places and keys that the environment names are used instead of new ones."""

    def __init__(self, scope: Construct, id_: str, *, environment: Environment, catalog: Catalog) -> None:
        super().__init__(scope, id_, description="Lakewright: key, buckets and tables that keep state")
        self._environment = environment
        self.key = self._key("Key", environment.keys.lake) or LakeKey(self, "Key", environment=environment)
        self._logs_bucket = PrivateBucket(
            self,
            "Logs",
            expire={"access/": environment.log_retention_days, f"{JOB_LOGS_FOLDER}/": environment.log_retention_days},
        )
        # When a first deploy fails, S3 may have logged accesses, and a rollback cannot delete a bucket with files.
        self._logs_bucket.apply_removal_policy(RemovalPolicy.RETAIN)
        accept(self._logs_bucket, {"AwsSolutions-S1": "it receives the access logs; logging its own would never end"})
        self.logs = Place.of_bucket(self._logs_bucket)
        self.copies: list[ReplicatedBucket] = []
        self.lake = self._place(LAKE, environment.lake_root, expire=STAGED)
        self.pii_key = self._key("PiiKey", environment.keys.personal) or PiiKey(self, "PiiKey", environment=environment)
        self.pii = self._place(PII, environment.pii_root, expire=PERSONAL, key=self.pii_key)
        self.landing = self._place(
            LANDING, environment.landing_root, event_bridge=True, closed=personal_landing_keys(catalog)
        )
        self.results = self._results() if environment.governance else None
        self.leases = self._table("Leases", name=Names(environment).lease_table, key="table")
        self.known_runs = self._table("KnownRuns", key="id", expires_by="expires_at")
        self.served = self._table("Served", name=Names(environment).served_table, key=PATH)

    def _key(self, id_: str, arn: str | None) -> kms.IKey | None:
        """An existing key, if its ARN is given; its own policy has to admit its users."""
        return kms.Key.from_key_arn(self, id_, arn) if arn else None

    def _place(
        self,
        what: str,
        root: str | None,
        *,
        expire: dict[str, int] | None = None,
        event_bridge: bool = False,
        key: kms.IKey | None = None,
        closed: Sequence[str] = (),
    ) -> Place:
        if root is not None and is_bucket(root):
            return Place.existing(self, what.title(), root)
        bucket = PrivateBucket(
            self,
            what.title(),
            key=key or self.key,
            access_logs=self._logs_bucket,
            expire=expire,
            event_bridge=event_bridge,
        )
        if key:
            close_to_others(bucket)
        close_files_to_others(bucket, closed)
        if replica := self._environment.replica:
            self.copies.append(
                replicate_bucket(
                    bucket,
                    what,
                    environment=self._environment,
                    region=replica.region,
                    key=key or self.key,
                    is_personal=key is not None,
                    is_admitted=key is not None or bool(closed),
                )
            )
        return Place.of_bucket(bucket, folder=root)

    def _results(self) -> Place:
        """Make the bucket of query results, which expire; S3 encrypts it, as readers may use no key of the lake."""
        bucket = PrivateBucket(
            self,
            "Results",
            access_logs=self._logs_bucket,
            expire={f"{RESULTS_FOLDER}/": RESULT_DAYS},
        )
        return Place.of_bucket(bucket)

    def _table(self, id_: str, *, key: str, name: str | None = None, expires_by: str | None = None) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            id_,
            table_name=name,
            partition_key=dynamodb.Attribute(name=key, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            time_to_live_attribute=expires_by,
            removal_policy=KEPT,
        )
        accept(table, {"AwsSolutions-DDB3": "its items are worth nothing after their run, or are rows of gold"})
        return table
