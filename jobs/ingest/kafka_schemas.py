"""The Avro schemas that the writers of a topic registered, by the id that each record names."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import ClientError
from smart_open import open as smart_open

from jobs.ingest.aws import aws_answers
from jobs.ingest.landing import list_files
from shared.errors import SourceContentError, SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.ingest.landing import LandedFile

# A number is Confluent's id, a UUID that of a version in AWS Glue's registry.
BY_ID = re.compile(r"(\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.avsc")


class SchemaResolver(Protocol):
    """Gives every schema that records of a topic may name.

    All of them at once: which ids a batch holds is not known before it is read, and it is read once.
    """

    def schemas(self) -> Mapping[str, str]:
        """The schemas as JSON, by id; those of other topics may be among them.

        Raises:
            SourceUnavailableError: the place of the schemas did not answer.
            SourceContentError: a schema is not one of a record.
        """


@dataclass(frozen=True)
class FolderOfSchemas:
    """A registry's schemas as files `<id>.avsc`, in a bucket or a folder.

    Ids are a registry's own, so the topics of one registry may share a folder.

    Args:
        location: Where they lie; `s3://landing/` is the environment's landing place.
        landing_root: That place.
    """

    location: str
    landing_root: str

    def schemas(self) -> dict[str, str]:
        """The schemas as JSON, by id."""
        files = list_files(f"{self.location.rstrip('/')}/*.avsc", self.landing_root)
        numbered = [(BY_ID.fullmatch(f.key.rpartition("/")[2]), f) for f in files]
        return {_id(match[1]): _record_schema(file) for match, file in numbered if match}


def _id(name: str) -> str:
    return str(int(name)) if name.isdecimal() else name


def _record_schema(file: LandedFile) -> str:
    text = _text(file)
    try:
        schema = json.loads(text)
    except ValueError:
        schema = None
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise SourceContentError(
            f"{file.key}: not the Avro schema of a record", given=text[:100], mend="export it from the registry again"
        )
    return text


def _text(file: LandedFile) -> str:
    try:
        with aws_answers(file.key), smart_open(file.location, encoding="utf-8") as stream:
            return str(stream.read())
    except (ClientError, OSError) as error:
        raise SourceUnavailableError(f"{file.key}: the schema could not be read", given=type(error).__name__) from None
