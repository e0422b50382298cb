"""The Avro schemas that the writers of a topic registered, by the id that each record names."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from smart_open import open as smart_open

from jobs.ingest.aws import aws_answers, client, error_code
from jobs.ingest.landing import list_files
from shared.errors import SourceContentError, SourceUnavailableError

if TYPE_CHECKING:
    from jobs.ingest.landing import LandedFile
    from shared.contracts import Source
    from shared.contracts.origin import RegisteredSchema

# A number is Confluent's id, a UUID that of a version in AWS Glue's registry.
BY_ID = re.compile(r"(\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.avsc")
NOT_THERE = "EntityNotFoundException"


def writers_schemas(source: Source, landing_root: str) -> dict[str, str]:
    """Every schema that records of a topic may name, as JSON, by id; none where records name none.

    All of them at once: which ids a batch holds is not known before it is read, and it is read once. They lie as files
    `<id>.avsc` in a folder, which topics of one registry may share, or are versions of a schema in Glue's registry.

    Args:
        source: The topic, whose contract says where they are.
        landing_root: What `s3://landing/` stands for.

    Raises:
        SourceUnavailableError: the place of the schemas did not answer.
        SourceContentError: a schema is not one of a record, or the registry has no such schema.
        TerminalError: AWS refused.
    """
    if source.registered:
        return _of_registry(source.registered)
    return _of_folder(source.schemas, landing_root) if source.schemas else {}


def _of_folder(location: str, landing_root: str) -> dict[str, str]:
    files = list_files(f"{location.rstrip('/')}/*.avsc", landing_root)
    numbered = [(BY_ID.fullmatch(f.key.rpartition("/")[2]), f) for f in files]
    return {_id(match[1]): _record_schema(_text(file), file.key) for match, file in numbered if match}


def _of_registry(registered: RegisteredSchema) -> dict[str, str]:
    """The versions of a schema by their UUIDs; those that were deleted are left out.

    By number and not by the UUIDs of records: only then can a right be bound to the one schema.
    """
    name = f"the schema {registered.schema} of registry {registered.registry}"
    with aws_answers(name):
        try:
            latest = client("glue").get_schema(SchemaId=_in_glue(registered))["LatestSchemaVersion"]
        except ClientError as error:
            if error_code(error) != NOT_THERE:
                raise
            raise SourceContentError(
                f"{name} is not there",
                given=NOT_THERE,
                mend="say glue://registry/schema in the contract's schemas, or have the writers register it",
            ) from None
        versions = [_version(registered, number) for number in range(1, latest + 1)]
    return {version[0]: _record_schema(version[1], f"{name}, version {version[0]}") for version in versions if version}


@cache
def _version(registered: RegisteredSchema, number: int) -> tuple[str, str] | None:
    """UUID and text of one version, which never change; None when it was deleted."""
    try:
        found = client("glue").get_schema_version(
            SchemaId=_in_glue(registered), SchemaVersionNumber={"VersionNumber": number}
        )
    except ClientError as error:
        if error_code(error) != NOT_THERE:
            raise
        return None
    return str(found["SchemaVersionId"]), str(found["SchemaDefinition"])


def _in_glue(registered: RegisteredSchema) -> dict[str, str]:
    return {"RegistryName": registered.registry, "SchemaName": registered.schema}


def _id(name: str) -> str:
    return str(int(name)) if name.isdecimal() else name


def _record_schema(text: str, place: str) -> str:
    try:
        schema = json.loads(text)
    except ValueError:
        schema = None
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise SourceContentError(
            f"{place}: not the Avro schema of a record", given=text[:100], mend="have the writers' schema there"
        )
    return text


def _text(file: LandedFile) -> str:
    try:
        with aws_answers(file.key), smart_open(file.location, encoding="utf-8") as stream:
            return str(stream.read())
    except (ClientError, OSError) as error:
        raise SourceUnavailableError(f"{file.key}: the schema could not be read", given=type(error).__name__) from None
