"""The parameter of a Redshift source: which warehouse to query, and the role under which it unloads."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from jobs.ingest.source_secret import faults_by_key
from jobs.runtime.credentials import read_parameter
from shared.errors import TerminalError
from shared.redshift import CLUSTER, WANTED, is_warehouse

FORM = "JSON with warehouse and unload_role, which are ARNs, and if needed kms_key"


class RedshiftConnection(BaseModel):
    """The parameter of a Redshift source. Nothing in it is a secret, since callers authenticate by their IAM role.

    `warehouse` is the ARN of a cluster or of a serverless workgroup, `unload_role` that of the role under which it
    writes files, `kms_key` that of the key they are encrypted with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    warehouse: str
    unload_role: str
    kms_key: str | None = None

    @property
    def target(self) -> dict[str, str]:
        """The warehouse as the Data API's calls name it."""
        cluster = CLUSTER.fullmatch(self.warehouse)
        return {"ClusterIdentifier": cluster[1]} if cluster else {"WorkgroupName": self.warehouse}


def read_connection(name: str) -> RedshiftConnection:
    """Read the parameter of a Redshift source.

    Raises:
        SourceUnavailableError: SSM did not answer.
        TerminalError: there is no such parameter, or it is of another form.
    """
    text = read_parameter(name)
    if text is None:
        raise TerminalError(
            "a Redshift source has no parameter",
            given=name,
            expected=FORM,
            mend="name the warehouse in shared/config/<environment>.yaml and deploy",
        )
    try:
        found = RedshiftConnection.model_validate_json(text)
    except ValidationError as error:
        faults = ", ".join(faults_by_key(error))
        raise TerminalError(f"the parameter {name} is not a Redshift source", given=faults, expected=FORM) from None
    if not is_warehouse(found.warehouse):
        raise TerminalError(
            f"the parameter {name} names no Redshift",
            given=found.warehouse,
            expected=WANTED,
        )
    return found
