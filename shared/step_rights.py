"""What each step may read and write: the one table from which the roles of its job runs are made.

A right is a key below the lake's root, or below that of personal data; `*` stands for any text, slashes too. Words in
braces are filled in from the contracts, so that a new one needs no edit here: `{made}` are the layers of the step's
tables, `{read}` those of their inputs and parents, `{refined}` those of the tables that are refined from them, and
`{personal}` are the inputs, table by table, that lie in the place of personal data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.contracts.model import Kind
from shared.erasure import FOLDER as ERASURES
from shared.erasure import SUPPRESSED_FOLDER
from shared.jobs import Step
from shared.names import (
    EVENTS_FOLDER,
    QUARANTINE_FOLDER,
    RUN_FILE,
    RUNS_FOLDER,
    STAGING_FOLDER,
    TOMBSTONES_FOLDER,
    UNLOAD_FOLDER,
    Layer,
)
from shared.serving import Target, publication_lease
from shared.smoke import LEASED, REPORTS_FOLDER, TRIED_FOLDER
from shared.step_tables import works_on
from shared.vault import VAULT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.contracts import Catalog


@dataclass(frozen=True, kw_only=True)
class StepRights:
    """What one step may do.

    Attributes:
        reads: What it may read in the open lake.
        writes: What it may read and write there.
        personal_reads: What it may read in the place of personal data.
        personal_writes: What it may read and write there.
        sources: Whether it may enter the source systems: their secrets and addresses, the landing place, and the event
            bus to which drift is reported.
        queries_figures: Whether it may use the secrets and addresses with which sources are queried for figures.
        pii_key: Whether it may read the key that personal values are hashed with.
        leases: The tables, by full name, whose leases it may take.
        publishes: Whether it may write the rows that the API serves, and enter the warehouses that get rows.
        lists_landing: Whether it may list the landing place, without reading it.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    personal_reads: tuple[str, ...] = ()
    personal_writes: tuple[str, ...] = ()
    sources: bool = False
    queries_figures: bool = False
    pii_key: bool = False
    leases: tuple[str, ...] = ()
    publishes: bool = False
    lists_landing: bool = False

    @property
    def meets_personal(self) -> bool:
        """Whether the step enters the place of personal data."""
        return bool(self.personal_reads or self.personal_writes)


def _all(*folders: str) -> tuple[str, ...]:
    return tuple(f"{folder}/*" for folder in folders)


def _outcomes(step: Step) -> str:
    return f"{RUNS_FOLDER}/*/{step}/*"


# Personal data is in bronze, with its quarantine and staged batches; the place also holds vaults and erasures.
LANDED = Layer.BRONZE
# A table's log without its rows.
LOG = "*/_delta_log*"
_BESIDE = (QUARANTINE_FOLDER, TOMBSTONES_FOLDER, EVENTS_FOLDER)
_LEASES_OF_MADE = ("{made}.*",)
_ALL_LEASES = tuple(f"{layer}.*" for layer in Layer)
_OF_SOURCES = _all(LANDED, f"{QUARANTINE_FOLDER}/{LANDED}", STAGING_FOLDER)

RIGHTS = {
    Step.INGEST: StepRights(
        writes=(*_OF_SOURCES, *_all(UNLOAD_FOLDER), _outcomes(Step.INGEST)),
        personal_reads=_all(SUPPRESSED_FOLDER),
        personal_writes=_OF_SOURCES,
        sources=True,
        # The people whose rows it must not take in again are listed by hashes.
        pii_key=True,
        leases=_LEASES_OF_MADE,
    ),
    Step.REFINE: StepRights(
        reads=_all("{read}", RUNS_FOLDER),
        writes=(
            *_all("{made}", *[f"{folder}/{{made}}" for folder in _BESIDE]),
            _outcomes(Step.REFINE),
        ),
        personal_reads=_all(LANDED),
        personal_writes=_all(f"{VAULT}/{{made}}"),
        pii_key=True,
        leases=_LEASES_OF_MADE,
    ),
    Step.BUILD: StepRights(
        reads=_all("{read}", RUNS_FOLDER),
        writes=(*_all("{made}"), _outcomes(Step.BUILD)),
        personal_reads=_all("{personal}"),
        leases=_LEASES_OF_MADE,
    ),
    Step.PUBLISH: StepRights(
        reads=_all("{made}", RUNS_FOLDER),
        writes=(_outcomes(Step.PUBLISH),),
        # Rows of a table that is no longer served are removed from the API, and no contract may name that table.
        leases=(
            *(publication_lease(made, Target.SNOWFLAKE) for made in _LEASES_OF_MADE),
            *(publication_lease(name, Target.API) for name in _ALL_LEASES),
        ),
        publishes=True,
    ),
    Step.RECONCILE: StepRights(
        reads=_all("{made}", "{refined}", QUARANTINE_FOLDER, RUNS_FOLDER),
        writes=(_outcomes(Step.RECONCILE),),
        # Figures are computed from rows in clear; the list of erased people is read only to know whether there are any.
        personal_reads=_all(LANDED, f"{QUARANTINE_FOLDER}/{LANDED}", SUPPRESSED_FOLDER),
        queries_figures=True,
    ),
    Step.RECORD: StepRights(
        reads=(*[f"{place}/{LOG}" for place in (*Layer, *_BESIDE)], *_all(RUNS_FOLDER)),
        writes=(f"{RUNS_FOLDER}/*/{RUN_FILE}", _outcomes(Step.RECORD)),
        personal_reads=tuple(f"{place}/{LOG}" for place in (LANDED, QUARANTINE_FOLDER, VAULT)),
    ),
    Step.MAINTAIN: StepRights(
        reads=_all(RUNS_FOLDER),
        writes=(*_all(*Layer, *_BESIDE), _outcomes(Step.MAINTAIN)),
        personal_writes=_all(LANDED, QUARANTINE_FOLDER, VAULT),
        leases=_ALL_LEASES,
    ),
    Step.ERASE: StepRights(
        reads=_all(RUNS_FOLDER, STAGING_FOLDER, UNLOAD_FOLDER),
        writes=_all(*Layer, *_BESIDE, ERASURES),
        personal_reads=_all(STAGING_FOLDER),
        personal_writes=_all(LANDED, QUARANTINE_FOLDER, VAULT, ERASURES),
        pii_key=True,
        leases=_ALL_LEASES,
        publishes=True,
    ),
    Step.SMOKE: StepRights(
        writes=_all(REPORTS_FOLDER, TRIED_FOLDER),
        personal_writes=_all(TRIED_FOLDER),
        pii_key=True,
        leases=(LEASED,),
        lists_landing=True,
    ),
}


def rights_of(step: Step, catalog: Catalog) -> StepRights:
    """The rights of one step, for the tables that the contracts name.

    Args:
        step: The step.
        catalog: The contracts.
    """
    rights, tables = RIGHTS[step], [t for t in catalog.tables.values() if works_on(step, t)]
    inputs = {name for table in tables for name in table.depends_on}
    names = {table.name for table in tables}
    refined = [t for t in catalog.tables.values() if t.kind is Kind.REFINED and names & set(t.inputs)]
    words = {
        "made": sorted({str(table.name.layer) for table in tables}),
        "refined": sorted({str(table.name.layer) for table in refined}),
        "read": sorted({str(name.layer) for name in inputs}),
        "personal": sorted(f"{n.layer}/{n.table}" for n in inputs if catalog.table(str(n)).is_personal),
    }
    return replace(
        rights,
        reads=tuple(_filled(rights.reads, words)),
        writes=tuple(_filled(rights.writes, words)),
        personal_reads=tuple(_filled(rights.personal_reads, words)),
        personal_writes=tuple(_filled(rights.personal_writes, words)),
        leases=tuple(_filled(rights.leases, words)),
    )


def _filled(keys: tuple[str, ...], words: Mapping[str, list[str]]) -> Iterator[str]:
    for key in keys:
        word = next((w for w in words if f"{{{w}}}" in key), None)
        yield from (key.format(**{word: value}) for value in words[word]) if word else (key,)
