"""How jobs reach data that Lake Formation governs, and which access modes work for which release and kind of job.

Sources: EMR Serverless user guide, "Lake Formation full table access" and "Using EMR Serverless with Lake Formation
for fine-grained access control, considerations and limitations". For our own jobs the reason is their design: they know
tables by location.
"""

from __future__ import annotations

from enum import StrEnum

from shared.errors import TerminalError


class AccessMode(StrEnum):
    """`iam`: the role itself; `full_table`: credentials lent per table; `fine_grained`: rows and columns."""

    IAM = "iam"
    FULL_TABLE = "full_table"
    FINE_GRAINED = "fine_grained"


class JobKind(StrEnum):
    """`batch` and `streaming` are the lake's own jobs, `consumer` are jobs of its readers."""

    BATCH = "batch"
    STREAMING = "streaming"
    CONSUMER = "consumer"


# The first release of each family that reads Delta in a mode. `emr-spark-8` is younger than any `emr-7`.
FIRST_RELEASE = {AccessMode.FULL_TABLE: (7, 11), AccessMode.FINE_GRAINED: (7, 6)}
# Combinations that do not work: why, and the mode to use instead.
IMPOSSIBLE = {
    (JobKind.BATCH, AccessMode.FULL_TABLE): (
        "the jobs know tables by location, and credentials are lent for tables of the catalog only",
        AccessMode.IAM,
    ),
    (JobKind.BATCH, AccessMode.FINE_GRAINED): (
        "the jobs bring jars and catalogs of their own, which Spark refuses in this mode",
        AccessMode.IAM,
    ),
    (JobKind.STREAMING, AccessMode.FULL_TABLE): ("Spark Streaming is not supported in this mode", AccessMode.IAM),
    (JobKind.STREAMING, AccessMode.FINE_GRAINED): ("Spark Streaming is not supported in this mode", AccessMode.IAM),
    (JobKind.CONSUMER, AccessMode.IAM): (
        "a reader with rights to S3 of its own goes round Lake Formation",
        AccessMode.FINE_GRAINED,
    ),
}


def require_possible(kind: JobKind, mode: AccessMode, release: str) -> None:
    """Refuse a combination that fails at run time, or has no effect there.

    Args:
        kind: The kind of job.
        mode: The access mode.
        release: The label of the EMR release, `emr-spark-8.1.0` or `emr-7.11.0`.

    Raises:
        TerminalError: the combination does not work; the error names the mode, or the release, to choose instead.
    """
    if (kind, mode) in IMPOSSIBLE:
        reason, instead = IMPOSSIBLE[kind, mode]
        raise TerminalError(
            f"{kind} jobs cannot reach data by {mode}: {reason}",
            given=f"{mode} on {release}",
            expected=instead,
            mend=f"set access.{kind}: {instead} in the environment's file",
        )
    first = FIRST_RELEASE.get(mode)
    if first and _version(release) < first:
        needed = f"emr-{first[0]}.{first[1]}.0 or later"
        raise TerminalError(
            f"{release} does not read Delta tables by {mode}",
            given=release,
            expected=needed,
            mend=f"change the release in shared/release.py to {needed}",
        )


def _version(release: str) -> tuple[int, int]:
    major, minor = release.rpartition("-")[2].split(".")[:2]
    return int(major), int(minor)
