"""The items that the API reads: one per row, one per table with how far it is published, and a list of these tables.

A publisher begins by raising the epoch in the table's item, and each of its transactions checks that the epoch has not
changed. So of two publishers the one that began last writes, all further transactions of the other are refused, and no
row goes back to an older version. Each row's item has its table and the epoch that it was written in, too.
"""

from __future__ import annotations

import json
import random
import time
from itertools import chain
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from jobs.publish.turn import Published
from jobs.runtime.aws import client
from shared.errors import LostRaceError
from shared.serving import PATH, ROW, TABLE, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        ConditionCheckTypeDef,
        DeleteTypeDef,
        TransactWriteItemTypeDef,
    )

# Source: DynamoDB developer guide, "TransactWriteItems": 100 actions and 4 MB; the check is one of them.
ACTIONS, BYTES = 99, 3_500_000
# The path of the list's item. Rows have paths that begin with a slash.
LIST = "tables"
CANCELED, CONDITION_FAILED = "TransactionCanceledException", "ConditionalCheckFailed"
# Reasons for which a transaction may succeed a moment later.
PASSING = frozenset({"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
TRIES, PAUSE_SECONDS = 6, 0.2


class Publication:
    """One publisher's work on the items of one table.

    Example:
        turn = Publication(served_table("prod"), "gold.customer_360")
        turn.begin()
        turn.write([("/customers/1", '{"customer_id":1}'), ("/customers/2", None)], version=7)
        turn.end(Published(version=7, ...))

    Attributes:
        last: How far the table was published before; None if never.
        is_broken: Whether the last publisher did not finish, so that some rows may be newer than `last`.

    Args:
        items: The DynamoDB table.
        table: The lake table's full name, which is the path of its own item; rows' paths look different.
    """

    def __init__(self, items: str, table: str) -> None:
        self._items, self.table = items, table
        self._client: DynamoDBClient = client("dynamodb")
        answer = self._client.update_item(
            TableName=items,
            Key={PATH: {"S": table}},
            UpdateExpression="ADD epoch :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="ALL_NEW",
        )
        state = answer["Attributes"]
        self._epoch = state["epoch"]
        self.is_broken = "underway" in state
        self.last = Published(**json.loads(state["published"]["S"])) if "published" in state else None

    def begin(self) -> None:
        """Record that rows are about to be written.

        Raises:
            LostRaceError: another publisher began.
        """
        self._transact([self._own("SET underway = :epoch"), self._listed("ADD")])

    def write(self, rows: Iterable[tuple[str, str | None]], version: int) -> None:
        """Put each row at its path; delete the item at the path if the row is None.

        Args:
            rows: Paths, each once, with the row as JSON.
            version: The version of the table that the rows were read from.

        Raises:
            LostRaceError: another publisher began.
        """
        for batch in _batches(self._action(path, row, version) for path, row in rows):
            self.send(batch)

    def sweep(self) -> int:
        """Delete the table's rows that this publisher did not write, at any path, and return how many they were.

        Raises:
            LostRaceError: another publisher began.
        """
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._items,
            ConsistentRead=True,
            ProjectionExpression="#path",
            FilterExpression="#table = :table AND epoch <> :epoch",
            ExpressionAttributeNames={"#path": PATH, "#table": TABLE},
            ExpressionAttributeValues={":table": {"S": self.table}, ":epoch": self._epoch},
        )
        paths = [item[PATH]["S"] for page in pages for item in page["Items"]]
        self.write(((path, None) for path in paths), version=0)
        return len(paths)

    def end(self, published: Published) -> None:
        """Record how far the table is published, after all its rows.

        Raises:
            LostRaceError: another publisher began.
        """
        state = json.dumps(vars(published), sort_keys=True)
        self._transact([self._own("SET published = :state REMOVE underway", {":state": {"S": state}})])

    def withdraw(self) -> int:
        """Delete all rows, and everything in the table's item but its epoch; return how many rows they were.

        If epochs were counted from 1 again, a publisher that began before could write once the table is served again.
        And if this one dies on the way and the table is served again, the mark of `begin` makes all rows be sent.

        Raises:
            LostRaceError: another publisher began.
        """
        self.begin()
        rows = self.sweep()
        self._transact([self._own("REMOVE published, underway"), self._listed("DELETE")])
        return rows

    def send(self, batch: list[TransactWriteItemTypeDef]) -> None:
        """Write one batch, all of it or none.

        Raises:
            LostRaceError: another publisher began.
        """
        self._transact([{"ConditionCheck": self._mine}, *batch])

    @property
    def _mine(self) -> ConditionCheckTypeDef:
        """The condition on the table's own item that no other publisher has begun since."""
        return {
            "TableName": self._items,
            "Key": {PATH: {"S": self.table}},
            "ConditionExpression": "epoch = :epoch",
            "ExpressionAttributeValues": {":epoch": self._epoch},
        }

    def _own(self, change: str, values: Mapping[str, AttributeValueTypeDef] | None = None) -> TransactWriteItemTypeDef:
        given = {":epoch": self._epoch, **(values or {})}
        return {"Update": {**self._mine, "UpdateExpression": change, "ExpressionAttributeValues": given}}

    def _listed(self, verb: str) -> TransactWriteItemTypeDef:
        return {
            "Update": {
                "TableName": self._items,
                "Key": {PATH: {"S": LIST}},
                "UpdateExpression": f"{verb} published :table",
                "ExpressionAttributeValues": {":table": {"SS": [self.table]}},
            }
        }

    def _action(self, path: str, row: str | None, version: int) -> TransactWriteItemTypeDef:
        if row is None:
            # If a path belongs to another table by now, its row must stay.
            ours: DeleteTypeDef = {
                "TableName": self._items,
                "Key": {PATH: {"S": path}},
                "ConditionExpression": "attribute_not_exists(#table) OR #table = :table",
                "ExpressionAttributeNames": {"#table": TABLE},
                "ExpressionAttributeValues": {":table": {"S": self.table}},
            }
            return {"Delete": ours}
        item = {
            PATH: {"S": path},
            ROW: {"S": row},
            VERSION: {"N": str(version)},
            TABLE: {"S": self.table},
            "epoch": self._epoch,
        }
        return {"Put": {"TableName": self._items, "Item": item}}

    def _transact(self, actions: list[TransactWriteItemTypeDef]) -> None:
        for left in reversed(range(TRIES)):
            try:
                self._client.transact_write_items(TransactItems=actions)
            except ClientError as error:
                reasons = _reasons(error)
                if reasons and reasons[0] == CONDITION_FAILED:
                    raise LostRaceError(
                        f"another job run publishes {self.table}",
                        given=f"epoch {self._epoch['N']}, which is no longer the last",
                        mend="let it end; if it failed, start the run again",
                    ) from error
                # The path of a row to be deleted belongs to another table by now.
                others = [a for a, reason in zip(actions, reasons, strict=False) if reason != CONDITION_FAILED]
                if reasons and len(others) < len(actions):
                    self._transact(others)
                    return
                if not left or not reasons or not PASSING.issuperset(reasons):
                    raise
                time.sleep(random.uniform(0, PAUSE_SECONDS * 2 ** (TRIES - left)))  # noqa: S311 - jitter
            else:
                return


def listed(items: str) -> set[str]:
    """The full names of the tables that are served."""
    found = client("dynamodb").get_item(TableName=items, Key={PATH: {"S": LIST}}, ConsistentRead=True)
    return set(found.get("Item", {}).get("published", {}).get("SS", []))


def _reasons(error: ClientError) -> list[str]:
    """Why a transaction was cancelled, one reason per action; empty if it failed otherwise."""
    if error.response["Error"]["Code"] != CANCELED:
        return []
    return [str(reason["Code"]) for reason in error.response.get("CancellationReasons", [])]


def _batches(actions: Iterator[TransactWriteItemTypeDef]) -> Iterator[list[TransactWriteItemTypeDef]]:
    """Group actions into transactions of a size that DynamoDB accepts."""
    batch: list[TransactWriteItemTypeDef] = []
    room = BYTES
    for action in chain(actions, [None]):
        size = len(json.dumps(action))
        if batch and (action is None or len(batch) == ACTIONS or size > room):
            yield batch
            batch, room = [], BYTES
        if action is not None:
            batch.append(action)
            room -= size
