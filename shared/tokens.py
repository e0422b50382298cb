"""The `${...}` tokens of the state machines; every one is given by the orchestration stack."""

from __future__ import annotations

from enum import StrEnum

from shared.jobs import Step


class Token(StrEnum):
    """A token that an ASL file may use."""

    ENV = "env"
    PARTITION = "partition"
    APPLICATION_ID = "application_id"
    JOB_ROLE_ARN = "job_role_arn"
    JOB_TIMEOUT_MINUTES = "job_timeout_minutes"
    ENTRY_POINT = "entry_point"
    SPARK_SUBMIT_PARAMETERS = "spark_submit_parameters"
    INGEST_SUBMIT_PARAMETERS = "ingest_submit_parameters"
    REFINE_SUBMIT_PARAMETERS = "refine_submit_parameters"
    BUILD_SUBMIT_PARAMETERS = "build_submit_parameters"
    RECORD_SUBMIT_PARAMETERS = "record_submit_parameters"
    LOG_URI = "log_uri"
    LOG_KEY_ARN = "log_key_arn"
    LAKE_ROOT = "lake_root"
    PII_ROOT = "pii_root"
    LANDING_ROOT = "landing_root"
    ON_RUN_REQUESTED_ARN = "on_run_requested_arn"
    ON_STEPS_FINISHED_ARN = "on_steps_finished_arn"


# The parameters that job runs of a step are submitted with.
OF_STEPS = {
    Step.INGEST: Token.INGEST_SUBMIT_PARAMETERS,
    Step.REFINE: Token.REFINE_SUBMIT_PARAMETERS,
    Step.BUILD: Token.BUILD_SUBMIT_PARAMETERS,
    Step.RECORD: Token.RECORD_SUBMIT_PARAMETERS,
}
