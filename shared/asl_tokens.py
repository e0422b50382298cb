"""The `${...}` tokens of the state machines; the orchestration stack gives each its value."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from shared.jobs import Step


class Token(StrEnum):
    """A token that an ASL file may use."""

    ENV = "env"
    MACHINE = "machine"
    PARTITION = "partition"
    APPLICATION_ID = "application_id"
    JOB_TIMEOUT_MINUTES = "job_timeout_minutes"
    ENTRY_POINT = "entry_point"
    INGEST_SUBMIT_PARAMETERS = "ingest_submit_parameters"
    REFINE_SUBMIT_PARAMETERS = "refine_submit_parameters"
    BUILD_SUBMIT_PARAMETERS = "build_submit_parameters"
    PUBLISH_SUBMIT_PARAMETERS = "publish_submit_parameters"
    RECONCILE_SUBMIT_PARAMETERS = "reconcile_submit_parameters"
    RECORD_SUBMIT_PARAMETERS = "record_submit_parameters"
    MAINTAIN_SUBMIT_PARAMETERS = "maintain_submit_parameters"
    SMOKE_SUBMIT_PARAMETERS = "smoke_submit_parameters"
    INGEST_ROLE_ARN = "ingest_role_arn"
    REFINE_ROLE_ARN = "refine_role_arn"
    BUILD_ROLE_ARN = "build_role_arn"
    PUBLISH_ROLE_ARN = "publish_role_arn"
    RECONCILE_ROLE_ARN = "reconcile_role_arn"
    RECORD_ROLE_ARN = "record_role_arn"
    MAINTAIN_ROLE_ARN = "maintain_role_arn"
    SMOKE_ROLE_ARN = "smoke_role_arn"
    LOG_URI = "log_uri"
    LOG_KEY_ARN = "log_key_arn"
    LAKE_ROOT = "lake_root"
    PII_ROOT = "pii_root"
    LANDING_ROOT = "landing_root"
    ON_RUN_REQUESTED_ARN = "on_run_requested_arn"
    ON_STEPS_FINISHED_ARN = "on_steps_finished_arn"
    ON_BACKFILL_REQUESTED_ARN = "on_backfill_requested_arn"
    DAILY_BATCH_ARN = "daily_batch_arn"
    SALESFORCE_INGESTION_ARN = "salesforce_ingestion_arn"


class OfStep(NamedTuple):
    """The tokens of one step: the `spark-submit` parameters of its job runs, and their role."""

    submit: Token
    role: Token


# The steps that machines start.
OF_STEPS = {
    Step.INGEST: OfStep(Token.INGEST_SUBMIT_PARAMETERS, Token.INGEST_ROLE_ARN),
    Step.REFINE: OfStep(Token.REFINE_SUBMIT_PARAMETERS, Token.REFINE_ROLE_ARN),
    Step.BUILD: OfStep(Token.BUILD_SUBMIT_PARAMETERS, Token.BUILD_ROLE_ARN),
    Step.PUBLISH: OfStep(Token.PUBLISH_SUBMIT_PARAMETERS, Token.PUBLISH_ROLE_ARN),
    Step.RECONCILE: OfStep(Token.RECONCILE_SUBMIT_PARAMETERS, Token.RECONCILE_ROLE_ARN),
    Step.RECORD: OfStep(Token.RECORD_SUBMIT_PARAMETERS, Token.RECORD_ROLE_ARN),
    Step.MAINTAIN: OfStep(Token.MAINTAIN_SUBMIT_PARAMETERS, Token.MAINTAIN_ROLE_ARN),
    Step.SMOKE: OfStep(Token.SMOKE_SUBMIT_PARAMETERS, Token.SMOKE_ROLE_ARN),
}
