"""S3's event of a new object, and the start of the run that reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# Longer than EventBridge tries to deliver an event, and than anybody would replay an archive of them.
REMEMBERED = timedelta(days=100)


class _OfS3(BaseModel):
    # S3 may add fields.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Bucket(_OfS3):
    """Where an object was put."""

    name: str


class StoredObject(_OfS3):
    """An object. In a bucket without versions it has no version, but it always has a hash of its content."""

    key: str
    etag: str
    version_id: str | None = Field(default=None, alias="version-id")


class Detail(_OfS3):
    """The details of the event."""

    bucket: Bucket
    object: StoredObject


class ObjectCreated(_OfS3):
    """S3's event `Object Created`, as EventBridge delivers it.

    Source: Amazon S3 User Guide, "EventBridge event message structure"; the key is not URL-encoded there.
    """

    detail: Detail

    @property
    def location(self) -> str:
        """The object's place."""
        return f"s3://{self.detail.bucket.name}/{self.detail.object.key}"

    @property
    def version(self) -> dict[str, str]:
        """What identifies the content: bucket, key and version."""
        stored = self.detail.object
        return {"bucket": self.detail.bucket.name, "key": stored.key, "version": stored.version_id or stored.etag}


@dataclass(frozen=True)
class RunStarter:
    """Starts runs of one machine."""

    states: SFNClient
    machine_arn: str

    def start(self, *, file: str, version: dict[str, str]) -> str:
        """Start a run for a file, and return the ARN of its execution.

        Args:
            file: Where the file is.
            version: What identifies the content of the file.
        """
        del version  # the run reads what it finds at that place; the version only tells repeated events apart
        given = json.dumps({"files": [file]})
        return self.states.start_execution(stateMachineArn=self.machine_arn, input=given)["executionArn"]
