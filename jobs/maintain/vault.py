"""Restores the rows that a vault had when a run ended, since a rollback brings back the tokens that need them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobs.runtime.delta_log import DeltaLog, made_by
from jobs.runtime.position import read_position
from jobs.runtime.tables import read_newest, read_version
from jobs.runtime.upkeep import carrying_on
from shared.vault import TOKEN, VAULT, vault_location

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from jobs.runtime.lease import Lease
    from shared.contracts import Table
    from shared.jobs import Job
    from shared.ledger import TableVersion


@dataclass(frozen=True)
class EarlierVault:
    """A vault at the version that it had when a run ended.

    Attributes:
        location: The vault's location.
        version: The version.
    """

    location: str
    version: int

    def bring_back(self, session: SparkSession, lease: Lease, sequence: int) -> None:
        """Append the rows that the vault no longer has. None is removed: what a token stands for stays true.

        Args:
            session: The session.
            lease: The lease of the vault's table.
            sequence: The table's last batch. If a run died before it committed a later one, the vault's part of that
                batch stays, since the next run would otherwise continue from the version below these rows.
        """
        earlier = read_version(session, self.location, self.version)
        known = read_newest(session, self.location).select(TOKEN)
        lost = earlier.join(known, on=TOKEN, how="left_anti").select(*earlier.columns)
        if lost.isEmpty():
            return
        now = read_position(session, self.location)
        flows = {name: replace(flow, inputs={"batch": sequence}) for name, flow in now.flows.items()}
        with carrying_on(session, self.location, lease, replace(now, flows=flows)):
            lost.write.format("delta").mode("append").save(self.location)


def earlier_vault(session: SparkSession, job: Job, table: Table, ended: TableVersion) -> EarlierVault | None:
    """The vault of a table when a run ended; None if there was none, or no row of it has changed since."""
    location = vault_location(job.pii_root, table.name)
    log, version = DeltaLog(session, location), (ended.beside or {}).get(VAULT)
    if version is None or not log.exists or made_by(log, log.version) == made_by(log, version):
        return None
    return EarlierVault(location, version)
