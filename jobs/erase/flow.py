"""The erasure of a person: suppressed, deleted everywhere, old files removed, and what is left searched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from jobs.erase.proof import files_with, own_values, places_to_read
from jobs.erase.search import Search
from jobs.erase.searchable import MIN_SEARCHABLE, is_searchable, is_topic
from jobs.erase.unsearched import unsearched
from jobs.ingest.suppression import erased_hash, is_suppressed, suppress
from jobs.publish.flow import publish
from jobs.runtime.companion import is_half_done
from jobs.runtime.files import read_text, remove_file, write_text
from jobs.runtime.lease import leased_by
from jobs.runtime.misplaced import refuse_misplaced
from jobs.runtime.pii_keys import read_pii_keys
from jobs.runtime.session import ANSI, batch_session
from jobs.runtime.statistics import keep_statistics
from jobs.runtime.table_files import remove_old_files
from jobs.runtime.tables import spark_schema
from jobs.runtime.upkeep import carrying_on, delete_matching
from shared.contracts import Kind
from shared.contracts.source_model import FILES
from shared.contracts.subjects import search_steps
from shared.erasure import ErasedPlace, ErasureRecord, ErasureRequest, erasure_location, erasure_request_location
from shared.errors import ErasureError, TerminalError
from shared.names import quarantine_location
from shared.places import location_of
from shared.retention import GONE_DAYS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from jobs.erase.search import Found
    from shared.contracts import Catalog
    from shared.jobs import Job


def erase(spark: SparkSession, job: Job, catalog: Catalog) -> None:
    """Erase the person whom the run's request names, and write a record that does not name them.

    It may be run any number of times: what is gone is not found again, and after a run that died, the next one does the
    rest. If no table knows the person, nothing is done, and nobody is suppressed: the key may be mistyped.

    Raises:
        TerminalError: the run has no request.
        UnknownNameError: no contract has this kind of person as its subject.
        ContractError: a table is not where its contract puts it, so the person would not be searched for there.
        ErasureError: a run died while it wrote a table, and nothing was deleted; or something of the person was still
            found afterwards, and the record names the files; or a folder with personal data belongs to no contract.
    """
    location = erasure_request_location(job.pii_root, job.run_id)
    text = read_text(location)
    if text is None:
        raise TerminalError("there is nobody to erase", given=f"no {location}", mend="./lake erase writes it")
    try:
        _Erasure(spark, job, catalog, ErasureRequest.model_validate_json(text)).run()
    finally:
        remove_file(location)


class _Erasure:
    """One person's erasure by one job run."""

    def __init__(self, spark: SparkSession, job: Job, catalog: Catalog, request: ErasureRequest) -> None:
        self.job, self.catalog, self.request = job, catalog, request
        self.steps = search_steps(catalog, request.kind)
        self.session = batch_session(spark)
        self.session.conf.set(ANSI, "false")
        self.pii_keys = read_pii_keys(job.env)
        self.search = Search(self.session, job.roots)
        for step in self.steps:
            if not self.search.exists(location_of(job.roots, step.table)):
                refuse_misplaced(self.session, step.table, job.roots)
        self.unsearched = unsearched(catalog, job.roots)
        self.search.run(self.steps, request.id)
        self.person, self.found = self.search.person, self.search.found

    def run(self) -> None:
        record = self._record()
        if not self.request.dry_run and self._is_known(record):
            self._refuse_half_batches()
            # If the run dies from here on, this record says what it had begun to delete.
            self._write(record)
            self._suppress()
            self._delete()
            self._publish()
            record = record.model_copy(update=self._proof())
        record = record.model_copy(update={"finished_at": datetime.now(UTC).isoformat(timespec="seconds")})
        self._write(record)
        if record.left:
            raise ErasureError(
                "something of the person is still there",
                given=f"{len(record.left)} places: {', '.join(record.left[:5])}",
                expected="none of their values in any file",
                mend="see the record under erasures/, and run it again: another run may have written meanwhile",
            )
        personal = [place for place in self.unsearched if place.startswith(f"{self.job.pii_root}/")]
        if personal and not self.request.dry_run:
            raise ErasureError(
                "tables with personal data were not searched: no contract has them",
                given=", ".join(personal),
                expected="a contract for every table in the place of personal data",
                mend="remove these folders, and run it again",
            )

    def _write(self, record: ErasureRecord) -> None:
        write_text(erasure_location(self.job.lake_root, self.job.run_id), record.model_dump_json(indent=1))

    def _record(self) -> ErasureRecord:
        return ErasureRecord(
            run_id=self.job.run_id,
            kind=self.request.kind,
            subject_hash=erased_hash(self.pii_keys, f"{self.request.kind}={self.request.id}"),
            dry_run=self.request.dry_run,
            places=self._places(),
            to_look_at=self._to_look_at(),
        )

    def _places(self) -> tuple[ErasedPlace, ...]:
        """The number of rows found in each place; several steps may find rows in one."""
        rows: dict[str, int] = {}
        for found in self.found:
            rows[found.place] = rows.get(found.place, 0) + found.rows
        return tuple(ErasedPlace(place=place, rows=n) for place, n in rows.items() if n)

    def _to_look_at(self) -> tuple[str, ...]:
        """What a human has to look at: senders' files, malformed lines, Time Travel, and values that others share."""
        bronze = {s.table.name: s.table for s in self.steps if s.table.source}
        landed = sorted({str(t.source.location) for t in bronze.values() if t.source and t.source.type == FILES})
        texts = [f"files at {place} are their sender's: remove the person there, or the files" for place in landed]
        places = {n: quarantine_location(self.job.roots.of(is_personal=t.is_personal), n) for n, t in bronze.items()}
        held = ", ".join(sorted(str(name) for name, place in places.items() if self.search.exists(place)))
        if held and not is_searchable(self.request.id):
            texts.append(f"quarantine of {held}: the key is too short to be looked for in lines that were no rows")
        topics = sorted(str(n) for n, t in bronze.items() if is_topic(t) and self.search.exists(places[n]))
        texts += [f"quarantine of {name}: its records are searched as text, not for numbers in Avro" for name in topics]
        kept = sorted({str(f.table.published_to) for f in self.found if f.table.published_to})
        texts += [f"{place} in Snowflake: Time Travel keeps deleted rows for as long as it is set to" for place in kept]
        texts += [f"{place}: not searched, since no contract has this table; remove it" for place in self.unsearched]
        shared = sorted(self.person.shared)
        texts += [f"{name}: rows of others hold the same value, so what it leads to was left" for name in shared]
        return tuple(texts)

    def _is_known(self, record: ErasureRecord) -> bool:
        """Whether the person is in the lake, or was when an earlier erasure of theirs, which may have died, began."""
        bronze = [step.table.name for step in self.steps if step.table.kind is Kind.INGESTED]
        known = (is_suppressed(self.job.pii_root, name, self.pii_keys, self.request.id) for name in bronze)
        return bool(record.places) or any(known)

    def _refuse_half_batches(self) -> None:
        """Refuse to erase while a batch is half-committed: deciding it again takes a version that erasure removes."""
        for place in self.found:
            location = location_of(self.job.roots, place.table)
            if place.location != location and is_half_done(self.session, place.location, location):
                raise ErasureError(
                    f"a run died while it wrote {place.table.name}, and its batch is half-committed",
                    given=f"the {place.place} has rows of a batch that the table lacks",
                    expected="tables whose last batch is whole; nothing was deleted",
                    mend="run the machine that makes the table once more, then erase",
                )

    def _suppress(self) -> None:
        """Add the person to the suppression list of every bronze table, before anything is deleted.

        It is done under the table's lease, so that no run ingests the person meanwhile, and two erasures do not
        overwrite each other's list.
        """
        for step in self.steps:
            keys = self.person.of(step.via, step.via_column)
            if step.table.kind is Kind.INGESTED and keys:
                hashes = {erased_hash(self.pii_keys, key) for key in keys}
                expression = step.expression(step.column.name)
                with leased_by(self.job, str(step.table.name)):
                    suppress(self.job.pii_root, step.table.name, expression, step.column.clear_type, hashes)

    def _delete(self) -> None:
        """Delete the rows from one place after the other, and remove old files even where no row is left.

        Places that others take their keys from come last, so that after a run that died, the next one finds the rest.
        """
        places: dict[str, list[Found]] = {}
        for found in self.found:
            places.setdefault(found.location, []).append(found)
        for location in reversed(places):
            self._delete_from(location, places[location])

    def _publish(self) -> None:
        """Publish tables without the person, who would otherwise stay published until the next run.

        All reachable tables are published, even without rows found: an erasure that died here cannot find them again.
        """
        for table in {step.table.name: step.table for step in self.steps}.values():
            for target in table.targets:
                publish(self.session, self.job, target, table)

    def _delete_from(self, location: str, found: list[Found]) -> None:
        """Delete what was found in one place, maybe by several steps, under its table's lease."""
        table = found[0].table
        with leased_by(self.job, str(table.name)) as lease:
            if found[0].place == str(table.name):
                lease.renew()
                keep_statistics(self.session, location, spark_schema(table), table.closed_columns)
            with carrying_on(self.session, location, lease):
                for rows in (f for f in found if f.rows):
                    delete_matching(self.session, location, self.search.keys_frame(rows.keys), rows.condition)
                remove_old_files(self.session, location)

    def _rows_left(self) -> list[str]:
        """The places that have rows of the person again.

        Each table is read under its lease: a run that has read the person and may still write them holds that lease.
        """
        left = []
        for name in {found.table.name: None for found in self.found}:
            with leased_by(self.job, str(name)):
                here = [found for found in self.found if found.table.name == name]
                left += [f.place for f in here if self.search.matching(f.location, f.keys, f.condition).count()]
        return left

    def _proof(self) -> dict[str, object]:
        """Search all remaining files; return the record's fields on what was found and when nothing will be left."""
        rows = self._rows_left()
        values = own_values(self.session, self.found, self.person.values)
        subject = self.request.id
        # A number is part of other numbers, so it is not searched for; `_rows_left` shows that its rows are gone.
        key = {subject} if len(subject) >= MIN_SEARCHABLE and not subject.isdecimal() else set()
        data, logs = places_to_read(self.catalog, self.job.roots, self.found)
        in_data, data_files = files_with(self.session, data, values | key)
        in_logs, log_files = files_with(self.session, logs, values)
        naming_the_key, _ = files_with(self.session, logs, key)
        return {
            "scanned_files": data_files + log_files,
            "left": (*rows, *in_data, *in_logs),
            "in_logs": len(naming_the_key) if key else None,
            "complete_on": (datetime.now(UTC) + timedelta(days=GONE_DAYS)).date(),
        }
