"""Runs the erasure of a person from a lake in a folder, and reads the record that it leaves."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scripts.running.item_tables import ENVIRONMENT
from scripts.running.local_job import account_and_spark, run_job
from shared.config import load_environment
from shared.erasure import ErasureRecord, erasure_location, erasure_request_location
from shared.errors import StepFailedError
from shared.jobs import Job, Step
from shared.names import pii_folder

if TYPE_CHECKING:
    from pathlib import Path

    from shared.contracts import Catalog
    from shared.erasure import ErasureRequest


def erase_locally(root: Path, request: ErasureRequest, catalog: Catalog) -> tuple[ErasureRecord, str | None]:
    """Erase a person, and return the record and, if something went wrong, why.

    Raises:
        LeaseHeldError: another process works on this lake.
        StepFailedError: the job ended before it could leave a record.
    """
    root = root.resolve()
    now = datetime.now(UTC)
    run_id = f"erase-{now:%Y%m%dT%H%M%S%f}"[:-3]
    request_file = root / erasure_request_location(pii_folder(""), run_id).lstrip("/")
    job = Job(
        env=ENVIRONMENT,
        step=Step.ERASE,
        run_id=run_id,
        attempt="local",
        business_date=now.date(),
        lake_root=str(root),
        pii_root=pii_folder(str(root)),
        landing_root=str(load_environment(ENVIRONMENT, root=str(root)).landing_root),
    )
    cause = None
    with account_and_spark(root, catalog) as driver:
        write_request(request_file, request)
        try:
            run_job(driver, job)
        except StepFailedError as error:
            cause = str(error)
        finally:
            request_file.unlink(missing_ok=True)
    page = root / erasure_location("", run_id).lstrip("/")
    if not page.exists():
        raise StepFailedError(f"the erasure {run_id} left no record", given=cause or "", mend=f"read {root}/logs")
    record = ErasureRecord.model_validate_json(page.read_text(encoding="utf-8"))
    if record.finished_at is None:
        raise StepFailedError(
            f"the erasure {run_id} died before its end", given=cause or "", mend="start it again: it goes on from there"
        )
    return record, cause


def write_request(file: Path, request: ErasureRequest) -> None:
    """Write a request that only its owner can read, and remove those of commands that were killed before they could."""
    shutil.rmtree(file.parent, ignore_errors=True)
    file.parent.mkdir(parents=True)
    file.touch(mode=0o600)
    file.write_text(request.model_dump_json(), encoding="utf-8")
