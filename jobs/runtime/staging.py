"""Stages a batch in files before anything is committed, so that everything after reads that copy."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jobs.runtime.jvm import files_at

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

log = logging.getLogger(__name__)


def stage(session: SparkSession, frame: DataFrame, location: str) -> DataFrame:
    """Write a frame to Parquet, and return it as read from there, with the same schema.

    A source may give another answer the second time, and quarantine and target must be cut from the same rows.
    """
    frame.write.mode("overwrite").parquet(location)
    return session.read.schema(frame.schema).parquet(location)


def remove_folder(session: SparkSession, location: str) -> None:
    """Remove a folder with its content, such as a staged batch; do nothing if there is none."""
    files, path = files_at(session, location)
    files.delete(path, True)  # noqa: FBT003 - Java's parameter has no name here


def remove_if_possible(session: SparkSession, *locations: str | None) -> None:
    """Try to remove folders of a batch; an error is only logged, since the batch's outcome must not depend on it.

    A folder that cannot be removed expires.
    """
    for location in filter(None, locations):
        try:
            remove_folder(session, location)
        except Exception as error:  # noqa: BLE001 - the folder is not needed any more, whatever the store answers
            log.warning("%s could not be removed, and stays until it expires: %s", location, type(error).__name__)
