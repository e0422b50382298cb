"""Reads a file that is published at a web address, whenever its content has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.ingest.files.download import downloaded
from jobs.ingest.files.source import file_rows
from jobs.ingest.landing import keep
from jobs.ingest.read_cost import ReadCost
from jobs.ingest.reading import Reading, source_of
from jobs.runtime.credentials import read_parameter
from shared.errors import ContractError
from shared.names import source_parameter

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts import Table
    from shared.jobs import Job

SHA256 = "sha256"


def read_web_file(spark: SparkSession, table: Table, job: Job, position: dict[str, Any] | None) -> Reading | None:
    """Download the file; None when its hash is that of the position.

    The file is stored in the landing zone before it is read, so that a batch can be read again exactly as it was.

    Raises:
        SourceUnavailableError: the address, or AWS, did not answer.
        SourceContentError: there is no file at the address.
        ContractError: the contract has no address, and no parameter gives one.
    """
    source = source_of(table)
    address = read_parameter(source_parameter(job.env, source.system)) or source.location
    if address is None:
        raise ContractError(f"{table.file.name}:1: the source has no location")
    with downloaded(address, f"{table.name} from {source.system}") as file:
        if (position or {}).get(SHA256) == file.sha256:
            return None
        kept = keep(file.path, f"{source.system}/{file.name}", job.landing_root)
    cost = ReadCost(requests=file.requests, bytes=kept.bytes)
    return Reading(file_rows(spark, table, source, [kept]), {SHA256: file.sha256}, cost=lambda: cost)
