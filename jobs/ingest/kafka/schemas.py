"""The writers' Avro schemas of a topic, by the schema id in each record."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from jobs.ingest.kafka.records import named_numbers
from jobs.ingest.kafka.references import refers_to_itself, whole
from jobs.ingest.kafka.registry import AVRO_KIND, registry_of
from jobs.ingest.kafka.unions import is_like_a_union
from jobs.ingest.landing import list_files
from jobs.runtime.aws import aws_answers, client, error_code, open_file
from shared.contracts.source_model import AVRO
from shared.errors import SourceContentError, SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame

    from jobs.ingest.kafka.registry import Registered, Registry
    from jobs.ingest.landing import LandedFile
    from shared.contracts import Source
    from shared.contracts.source_model import RegisteredSchema
    from shared.jobs import Job

# A number is Confluent's id, a UUID that of a version in AWS Glue's registry.
BY_ID = re.compile(r"(\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.avsc")
NOT_THERE = "EntityNotFoundException"


@dataclass(frozen=True)
class Writers:
    """The writers' schemas as JSON, by schema id; and for ids of anything else in `unfit` what that is."""

    schemas: Mapping[str, str] = field(default_factory=dict)
    unfit: Mapping[str, str] = field(default_factory=dict)


def writers_of(source: Source, job: Job, records: DataFrame) -> Writers:
    """The schemas that records of a topic may name; none for a format without schema ids.

    They are files `<id>.avsc` in a folder, which topics of one registry may share, or versions of a schema in Glue's
    registry; then all of them are returned. A registry over HTTP gives a schema by its id alone, so there the records
    are read first for the ids they name.

    Args:
        source: The topic; its contract says where the schemas are.
        job: The job run, for its environment and landing root.
        records: The records to decode, as `records_of` gives them.

    Raises:
        SourceUnavailableError: the place of the schemas did not answer.
        SourceContentError: a file or version is no Avro record schema, Glue lacks it, or the address is no registry.
        TerminalError: AWS or the registry refused.
    """
    if source.format != AVRO:
        return Writers()
    if source.registered:
        return _writers(_of_glue(source.registered))
    if registry := registry_of(source, job.env):
        return _of_registry(registry, named_numbers(records))
    return _writers(_of_folder(source.schemas, job.landing_root) if source.schemas else {})


def _writers(schemas: Mapping[str, str], unfit: Mapping[str, str] | None = None) -> Writers:
    """Count schemas that Spark cannot represent as unfit: only records that name one are refused."""
    found = {i: _unreadable(json.loads(text)) for i, text in schemas.items()}
    fit = {i: text for i, text in schemas.items() if not found[i]}
    return Writers(fit, {**(unfit or {}), **{i: why for i, why in found.items() if why}})


def _unreadable(schema: Any) -> str:  # noqa: ANN401 - a schema's JSON
    if refers_to_itself(schema):
        return "refers to itself"
    return "has a record of fields member0, member1, as Spark names a union's" if is_like_a_union(schema) else ""


def _of_folder(location: str, landing_root: str) -> dict[str, str]:
    files = list_files(f"{location.rstrip('/')}/*.avsc", landing_root)
    numbered = [(BY_ID.fullmatch(f.key.rpartition("/")[2]), f) for f in files]
    return {_id(match[1]): _record_schema(_text(file), file.key) for match, file in numbered if match}


def _of_glue(registered: RegisteredSchema) -> dict[str, str]:
    """The versions of a schema by their UUIDs, without deleted ones.

    They are read by number, not by the records' UUIDs: only so can IAM restrict the job to the one schema.
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
    """UUID and text of one version, which never change; None if it was deleted."""
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


def _of_registry(registry: Registry, schema_ids: list[str]) -> Writers:
    """Anything but an Avro record schema is unfit: only records that name it are refused, and the topic goes on."""
    schemas, unfit = {}, {}
    for schema_id in schema_ids:
        if found := registry.schema(schema_id):
            schema = _expanded(registry, found) if found.kind == AVRO_KIND else None
            if _is_record(schema):
                schemas[schema_id] = json.dumps(schema)
            else:
                unfit[schema_id] = found.kind if found.kind != AVRO_KIND else "no record"
    return _writers(schemas, unfit)


def _expanded(registry: Registry, found: Registered) -> Any:  # noqa: ANN401 - a schema's JSON
    schema, others = _json(found.text), [_json(other.text) for other in registry.referred(found)]
    return whole(schema, others) if schema and others else schema


def _id(name: str) -> str:
    return str(int(name)) if name.isdecimal() else name


def _record_schema(text: str, place: str) -> str:
    if not _is_record(_json(text)):
        raise SourceContentError(
            f"{place}: not the Avro schema of a record", given=text[:100], mend="have the writers' schema there"
        )
    return text


def _is_record(schema: Any) -> bool:  # noqa: ANN401 - a schema's JSON
    return isinstance(schema, dict) and schema.get("type") == "record"


def _json(text: str) -> Any:  # noqa: ANN401 - a schema's JSON
    try:
        return json.loads(text)
    except ValueError:
        return None


def _text(file: LandedFile) -> str:
    try:
        with aws_answers(file.key), open_file(file.location, encoding="utf-8") as stream:
            return str(stream.read())
    except (ClientError, OSError) as error:
        raise SourceUnavailableError(f"{file.key}: the schema could not be read", given=type(error).__name__) from None
