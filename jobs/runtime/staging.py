"""A batch is written down once before anything is committed, and everything after reads that copy."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jobs.runtime.jvm import files_at

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

log = logging.getLogger(__name__)


def stage(session: SparkSession, frame: DataFrame, location: str) -> DataFrame:
    """Write a frame to Parquet and give it back as read from there, in the same session and with the same schema.

    A source may not answer twice alike, and quarantine and target must be cut from the same rows.
    """
    frame.write.mode("overwrite").parquet(location)
    return session.read.schema(frame.schema).parquet(location)


def remove_folder(session: SparkSession, location: str) -> None:
    """Remove a folder and all in it, such as a staged batch; nothing happens when there is none."""
    files, path = files_at(session, location)
    files.delete(path, True)  # noqa: FBT003 - Java's parameter has no name here


def remove_if_possible(session: SparkSession, *locations: str | None) -> None:
    """Remove folders of a batch, as far as possible: a batch's outcome must not depend on it.

    What cannot be removed expires.
    """
    for location in filter(None, locations):
        try:
            remove_folder(session, location)
        except Exception as error:  # noqa: BLE001 - whatever the store says of a folder that nobody needs any more
            log.warning("%s could not be removed, and stays until it expires: %s", location, type(error).__name__)
