"""One writer per table: a lease in DynamoDB.

Delta has no atomic commit between two drivers on S3. So an item `{table, owner, fencing, expires_at}` keeps two job
runs from writing to one table. It is taken and renewed by conditional updates on `expires_at` (never by DynamoDB's own
TTL, which runs hours late); `fencing` only grows, and is checked right before each commit.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from jobs.runtime.aws import aws_answers, error_code, resource
from shared.errors import LakewrightError, LeaseHeldError
from shared.names import lease_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from mypy_boto3_dynamodb.service_resource import Table as LeaseItems

    from shared.jobs import Job

log = logging.getLogger(__name__)

SECONDS = 60
BEAT_SECONDS = 20
JOIN_SECONDS = 20
CONDITION_FAILED = "ConditionalCheckFailedException"


@dataclass
class Lease:
    """A lease this job run holds on one table."""

    items: LeaseItems
    table: str
    owner: str
    fencing: int
    clock: Callable[[], float]

    def renew(self) -> None:
        """Extend the lease from now on, if it is still ours; called before each commit to make sure of that.

        Raises:
            LeaseHeldError: another job run has it now; nothing may be written any more.
            SourceUnavailableError: DynamoDB did not answer, or throttled the call.
            TerminalError: DynamoDB refused.
        """
        with _lease_errors(self.items, self.table, self.owner):
            self.items.update_item(
                Key={"table": self.table},
                UpdateExpression="SET expires_at = :until",
                ConditionExpression="#owner = :owner AND fencing = :fencing",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={
                    ":owner": self.owner,
                    ":fencing": self.fencing,
                    ":until": int(self.clock()) + SECONDS,
                },
            )

    def release(self) -> None:
        """Release the lease, if it is still ours; if DynamoDB does not answer it expires by itself."""
        try:
            self.items.update_item(
                Key={"table": self.table},
                UpdateExpression="SET expires_at = :zero",
                ConditionExpression="#owner = :owner AND fencing = :fencing",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": self.owner, ":fencing": self.fencing, ":zero": 0},
            )
        except (BotoCoreError, ClientError) as error:
            if not _is_taken(error):
                log.warning("the lease on %s could not be let go, and runs out by itself", self.table, exc_info=True)


def acquire(items: LeaseItems, table: str, owner: str, clock: Callable[[], float] = time.time, dead: int = -1) -> Lease:
    """Take the lease on a table.

    Args:
        items: The DynamoDB table resource that holds the leases.
        table: The lake table's full name.
        owner: The job run; each attempt has a name of its own.
        clock: Gives the seconds since the epoch.
        dead: The `expires_at` of a lease that is taken whatever the clock says: it was not renewed for so long that its
            holder must be dead.

    Raises:
        LeaseHeldError: another job run holds it.
        SourceUnavailableError: DynamoDB did not answer, or throttled the call.
        TerminalError: DynamoDB refused.
    """
    now = int(clock())
    with _lease_errors(items, table, owner):
        answer = items.update_item(
            Key={"table": table},
            UpdateExpression="SET #owner = :owner, expires_at = :until ADD fencing :one",
            ConditionExpression="attribute_not_exists(expires_at) OR expires_at < :now OR expires_at = :dead",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":owner": owner, ":until": now + SECONDS, ":now": now, ":dead": dead, ":one": 1},
            ReturnValues="ALL_NEW",
        )
    attributes: dict[str, Any] = answer["Attributes"]
    return Lease(items, table, owner, int(attributes["fencing"]), clock)


def acquire_or_wait(
    items: LeaseItems,
    table: str,
    owner: str,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Lease:
    """Take the lease; if another job run holds it, wait once until it expires.

    A job run that died does not renew its lease, so its retry continues as soon as the lease has expired; one that is
    alive has renewed it by then. If our clock is slow, a lease seems to last longer than leases do. Then the wait is as
    long as a lease lasts, and the lease is taken if it was not renewed.

    Raises:
        LeaseHeldError: the other job run is alive.
    """
    try:
        return acquire(items, table, owner, clock)
    except LeaseHeldError as held:
        until = held.until
    rest = max(0.0, until - clock())
    sleep(min(rest, SECONDS) + 1)
    return acquire(items, table, owner, clock, dead=until if rest >= SECONDS else -1)


def leased_by(job: Job, name: str) -> AbstractContextManager[Lease]:
    """Hold a lease for a job run, as `leased` does; `name` is a table's, or that of a publication."""
    return leased(lease_table(job.env), name, job.owner)


@contextmanager
def leased(items_table: str, table: str, owner: str) -> Iterator[Lease]:
    """Hold a table's lease, with a heartbeat, while a flow works on the table.

    Raises:
        LeaseHeldError: another job run holds it.
    """
    lease = acquire_or_wait(resource("dynamodb").Table(items_table), table, owner)
    done = threading.Event()

    def beat() -> None:
        while not done.wait(BEAT_SECONDS):
            try:
                lease.renew()
            except LeaseHeldError:
                return  # the renewal before the commit raises it in the flow's thread
            except LakewrightError:
                log.warning("the lease on %s could not be renewed, the next beat tries again", table, exc_info=True)

    beating = threading.Thread(target=beat, daemon=True, name=f"lease-{table}")
    beating.start()
    try:
        yield lease
    finally:
        done.set()
        # A beat in progress could renew the lease after its release.
        beating.join(JOIN_SECONDS)
        lease.release()


@contextmanager
def _lease_errors(items: LeaseItems, table: str, owner: str) -> Iterator[None]:
    """Turn DynamoDB's errors for a lease into LakewrightErrors."""
    with aws_answers(f"the lease on {table}"):
        try:
            yield
        except ClientError as error:
            if _is_taken(error):
                raise _held(items, table, owner) from None
            raise


def _is_taken(error: Exception) -> bool:
    return isinstance(error, ClientError) and error_code(error) == CONDITION_FAILED


def _held(items: LeaseItems, table: str, owner: str) -> LeaseHeldError:
    item: dict[str, Any] = items.get_item(Key={"table": table}, ConsistentRead=True).get("Item", {})
    return LeaseHeldError(
        f"{table} is being written by another job run",
        given=f"owner {item.get('owner')}, until {item.get('expires_at')}",
        expected=f"owner {owner}",
        mend="let that run end, or wait until its lease has run out, and start again",
        until=int(item.get("expires_at", 0)),
    )
