"""A person's erasure: kept from coming back, deleted everywhere, old files removed, and looked for once more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from jobs.erase.proof import files_with, own_values, places_to_read
from jobs.erase.search import TELLING, Search, is_telling, is_topic
from jobs.ingest.suppression import erased_hash, is_suppressed, suppress
from jobs.publish.flow import publish
from jobs.runtime.companion import is_half_done
from jobs.runtime.files import read_text, remove_file, write_text
from jobs.runtime.lease import leased_by
from jobs.runtime.misplaced import refuse_misplaced
from jobs.runtime.pii_keys import read_pii_keys
from jobs.runtime.session import ANSI, batch_session
from jobs.runtime.statistics import keep_no_statistics
from jobs.runtime.table_files import remove_old_files
from jobs.runtime.tables import spark_schema
from jobs.runtime.upkeep import carrying_on, delete_matching
from shared.contracts import Kind
from shared.contracts.origin import FILES
from shared.contracts.subjects import reaches
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
    """Erase whom the run's request names, and leave a record without the person.

    Runs as often as one likes: what is gone is not found again, and a run that died goes on where it was. Of somebody
    whom no table knows nothing is done, and nobody of that name is kept out: it may be a slip of the pen.

    Raises:
        TerminalError: the run has no request.
        UnknownNameError: no contract says who such a person is.
        ContractError: a table is not where its contract puts it, and the person would not be looked for there.
        ErasureError: something of the person was still found afterwards; the record names the files.
    """
    asked = erasure_request_location(job.pii_root, job.run_id)
    text = read_text(asked)
    if text is None:
        raise TerminalError("there is nobody to erase", given=f"no {asked}", mend="./lake erase writes it")
    try:
        _Erasure(spark, job, catalog, ErasureRequest.model_validate_json(text)).run()
    finally:
        remove_file(asked)


class _Erasure:
    """One person's erasure by one job run."""

    def __init__(self, spark: SparkSession, job: Job, catalog: Catalog, request: ErasureRequest) -> None:
        self.job, self.catalog, self.request = job, catalog, request
        self.ways = reaches(catalog, request.kind)
        self.session = batch_session(spark)
        self.session.conf.set(ANSI, "false")
        self.keys = read_pii_keys(job.env)
        self.search = Search(self.session, job.roots)
        for way in self.ways:
            if not self.search.exists(location_of(job.roots, way.table)):
                refuse_misplaced(self.session, way.table, job.roots)
        self.search.look(self.ways, request.id)
        self.person, self.found = self.search.person, self.search.found

    def run(self) -> None:
        record = self._record()
        if not self.request.dry_run and self._is_known(record):
            self._refuse_half_batches()
            # Should it die from here on, this says what it had begun to delete.
            self._leave(record)
            self._suppress()
            self._delete()
            self._publish()
            record = record.model_copy(update=self._proof())
        record = record.model_copy(update={"finished_at": datetime.now(UTC).isoformat(timespec="seconds")})
        self._leave(record)
        if record.left:
            raise ErasureError(
                "something of the person is still there",
                given=f"{len(record.left)} places: {', '.join(record.left[:5])}",
                expected="none of their values in any file",
                mend="see the record under erasures/, and run it again: another run may have written meanwhile",
            )

    def _leave(self, record: ErasureRecord) -> None:
        write_text(erasure_location(self.job.lake_root, self.job.run_id), record.model_dump_json(indent=1))

    def _record(self) -> ErasureRecord:
        return ErasureRecord(
            run_id=self.job.run_id,
            kind=self.request.kind,
            subject_hash=erased_hash(self.keys, f"{self.request.kind}={self.request.id}"),
            dry_run=self.request.dry_run,
            places=self._places(),
            to_look_at=self._to_look_at(),
        )

    def _places(self) -> tuple[ErasedPlace, ...]:
        """What was found by place; several ways may lead to one."""
        rows: dict[str, int] = {}
        for found in self.found:
            rows[found.place] = rows.get(found.place, 0) + found.rows
        return tuple(ErasedPlace(place=place, rows=n) for place, n in rows.items() if n)

    def _to_look_at(self) -> tuple[str, ...]:
        """What the lake cannot decide: files that senders landed, lines that were no rows, and what others share."""
        bronze = {w.table.name: w.table for w in self.ways if w.table.source}
        landed = sorted({str(t.source.location) for t in bronze.values() if t.source and t.source.type == FILES})
        texts = [f"files at {place} are their sender's: remove the person there, or the files" for place in landed]
        places = {n: quarantine_location(self.job.roots.of(is_personal=t.is_personal), n) for n, t in bronze.items()}
        held = ", ".join(sorted(str(name) for name, place in places.items() if self.search.exists(place)))
        if held and not is_telling(self.request.id):
            texts.append(f"quarantine of {held}: the key is too short to be looked for in lines that were no rows")
        topics = sorted(str(n) for n, t in bronze.items() if is_topic(t) and self.search.exists(places[n]))
        texts += [f"quarantine of {name}: its records are searched as text, not for numbers in Avro" for name in topics]
        kept = sorted({str(f.table.published_to) for f in self.found if f.table.published_to})
        texts += [f"{place} in Snowflake: Time Travel keeps deleted rows for as long as it is set to" for place in kept]
        shared = sorted(self.person.shared)
        texts += [f"{name}: rows of others hold the same value, so what it leads to was left" for name in shared]
        return tuple(texts)

    def _is_known(self, record: ErasureRecord) -> bool:
        """Whether the person is in the lake, or was when an erasure of theirs began that may have died."""
        bronze = [way.table.name for way in self.ways if way.table.kind is Kind.INGESTED]
        known = (is_suppressed(self.job.pii_root, name, self.keys, self.request.id) for name in bronze)
        return bool(record.places) or any(known)

    def _refuse_half_batches(self) -> None:
        """Refuse to erase while a dead run's batch is half done: it goes on from a version that an erasure removes."""
        for place in self.found:
            location = location_of(self.job.roots, place.table)
            if place.location != location and is_half_done(self.session, place.location, location):
                raise ErasureError(
                    f"a run died while it wrote {place.table.name}, and its batch stands half",
                    given=f"the {place.place} has rows of a batch that the table lacks",
                    expected="tables whose last batch is whole; nothing was deleted",
                    mend="run the machine that makes the table once more, then erase",
                )

    def _suppress(self) -> None:
        """Keep every bronze table from taking the person in again, before anything is deleted.

        Under the table's lease, so that nobody is reading the person in meanwhile, and lists of two erasures add up.
        """
        for way in self.ways:
            keys = self.person.of(way.keys, way.keys_column)
            if way.table.kind is Kind.INGESTED and keys:
                hashes = {erased_hash(self.keys, key) for key in keys}
                made_by = way.expression(way.column.name)
                with leased_by(self.job, str(way.table.name)):
                    suppress(self.job.pii_root, way.table.name, made_by, way.column.clear_type, hashes)

    def _delete(self) -> None:
        """Take the rows out of one place after the other; old files go even where no row is left.

        What others take their keys from goes last, so that a run that dies finds the rest by it.
        """
        places: dict[str, list[Found]] = {}
        for found in self.found:
            places.setdefault(found.location, []).append(found)
        for location in reversed(places):
            self._delete_from(location, places[location])

    def _publish(self) -> None:
        """Take the person out of what is published, where else they would be until the next run.

        Of every table on the way: one that died here finds nothing any more in those that are known by other keys.
        """
        for table in {way.table.name: way.table for way in self.ways}.values():
            for target in table.targets:
                publish(self.session, self.job, target, table)

    def _delete_from(self, location: str, found: list[Found]) -> None:
        """Take out of one place what several ways may have led to, under its table's lease."""
        table = found[0].table
        with leased_by(self.job, str(table.name)) as lease:
            if found[0].place == str(table.name):
                lease.renew()
                keep_no_statistics(self.session, location, spark_schema(table), table.closed_columns)
            with carrying_on(self.session, location, lease):
                for rows in (f for f in found if f.rows):
                    delete_matching(self.session, location, self.search.keys_frame(rows.keys), rows.condition)
                remove_old_files(self.session, location)

    def _rows_left(self) -> list[str]:
        """The places in which rows of the person are there again.

        Asked under each table's lease: whoever read the person before and may write them yet holds it.
        """
        left = []
        for name in {found.table.name: None for found in self.found}:
            with leased_by(self.job, str(name)):
                here = [found for found in self.found if found.table.name == name]
                left += [f.place for f in here if self.search.matching(f.location, f.keys, f.condition).count()]
        return left

    def _proof(self) -> dict[str, object]:
        """What a search of every byte found, and the day on which nothing of the person is left."""
        rows = self._rows_left()
        values = own_values(self.session, self.found, self.person.values)
        subject = self.request.id
        # A number stands in other numbers; whether its rows are gone is asked of the tables themselves.
        key = {subject} if len(subject) >= TELLING and not subject.isdecimal() else set()
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
