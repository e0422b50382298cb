"""Delta where the lake lies: a commit, its protocol, its log store, and two writers of one version."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError

from jobs.runtime.jvm import files_at, java_class
from jobs.runtime.staging import remove_folder
from shared.errors import TerminalError
from shared.release import DELTA
from shared.smoke import ATHENA_READER_FEATURES, ATHENA_READER_VERSION, tried_location

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.jobs import Job

ROWS = 3
WRITERS = 2
SECOND_LOG_STORE = "io.delta.storage.S3DynamoDBLogStore"


def place(job: Job) -> str:
    """Where the smoke job writes in the lake."""
    return tried_location(job.lake_root, job.run_id)


def clean(spark: SparkSession, job: Job) -> str:
    """What was written is removed."""
    remove_folder(spark, place(job))
    return f"removed {place(job)}"


def commit(spark: SparkSession, job: Job) -> str:
    """A table is made, changed and read, by the Delta that is built and tested for."""
    where = f"{place(job)}/table"
    for _ in range(2):
        spark.range(ROWS).write.format("delta").mode("append").save(where)
    rows = spark.read.format("delta").load(where).count()
    if rows != 2 * ROWS:
        raise TerminalError("a table does not hold what was written", given=f"{rows} rows", expected=str(2 * ROWS))
    engine = str(_first_commit(spark, job)["commitInfo"].get("engineInfo"))
    if f"Delta-Lake/{DELTA}" not in engine:
        raise TerminalError("another Delta writes tables", given=engine, expected=f"Delta-Lake/{DELTA}")
    return f"{rows} rows in 2 commits at {where}, by {engine}"


def protocol(spark: SparkSession, job: Job) -> str:
    """The table's protocol, of which Athena has to be able to read everything."""
    found = _first_commit(spark, job)["protocol"]
    features = set(found.get("readerFeatures", ()))
    if found["minReaderVersion"] > ATHENA_READER_VERSION or features - ATHENA_READER_FEATURES:
        expected = f"reader {ATHENA_READER_VERSION} with {', '.join(sorted(ATHENA_READER_FEATURES))} at most"
        raise TerminalError("Athena cannot read such a table", given=json.dumps(found), expected=expected)
    return json.dumps(found)


def _first_commit(spark: SparkSession, job: Job) -> dict[str, dict[str, Any]]:
    """The actions of the table's first commit, which has one of each of these kinds."""
    log = spark.read.text(f"{place(job)}/table/_delta_log/00000000000000000000.json").collect()
    return {kind: action for row in log for kind, action in json.loads(row.value).items()}


def log_store(spark: SparkSession, job: Job) -> str:
    """The class that writes Delta's log."""
    scheme, sign, _ = job.lake_root.partition("://")
    log = _log(spark, f"{place(job)}/table")
    delegating = java_class(spark, "org.apache.spark.sql.delta.storage.DelegatingLogStore")
    default = delegating.getDefaultLogStoreClassName(scheme if sign else "file")
    named = default.get() if default.isDefined() else delegating.defaultHDFSLogStoreClassName()
    return f"{log.store().getClass().getName()}, by default {named}"


def second_log_store(spark: SparkSession, _job: Job) -> str:
    """Whether the log store that keeps drivers apart by DynamoDB could be used."""
    loader = java_class(spark, "java.lang.Thread").currentThread().getContextClassLoader()
    name = SECOND_LOG_STORE.replace(".", "/") + ".class"
    there = loader.getResource(name) is not None
    return f"{SECOND_LOG_STORE} is {'there' if there else 'not there'}"


def race(spark: SparkSession, job: Job) -> str:
    """Two threads write one version through the log store; one has to be told that it came second."""
    store = _log(spark, f"{place(job)}/table").store()
    files, path = files_at(spark, f"{place(job)}/race/_delta_log/00000000000000000000.json")
    files.mkdirs(path.getParent())
    with ThreadPoolExecutor(WRITERS) as threads:
        won = list(threads.map(lambda i: _write(spark, store, path, f'{{"writer":{i}}}'), range(WRITERS)))
    if won.count(True) != 1:
        raise TerminalError("two writers of one version", given=f"{won.count(True)} of {WRITERS} won", expected="1")
    return f"1 of {WRITERS} writers in one driver won"


def _write(spark: SparkSession, store: Any, path: Any, line: str) -> bool:  # noqa: ANN401 - objects of the JVM
    lines = java_class(spark, "java.util.ArrayList")()
    lines.add(line)
    actions = java_class(spark, "scala.jdk.javaapi.CollectionConverters").asScala(lines.iterator())
    try:
        store.write(path, actions, False, _hadoop(spark))  # noqa: FBT003 - Java's parameter has no name here
    except Py4JJavaError as error:
        if error.java_exception.getClass().getName() != "java.nio.file.FileAlreadyExistsException":
            raise
        return False
    return True


def _log(spark: SparkSession, location: str) -> Any:  # noqa: ANN401 - an object of the JVM
    logs = java_class(spark, "org.apache.spark.sql.delta.DeltaLog")
    return logs.forTable(spark._jsparkSession, location)  # noqa: SLF001 - it has no public name


def _hadoop(spark: SparkSession) -> Any:  # noqa: ANN401 - as above
    return spark._jsc.hadoopConfiguration()  # noqa: SLF001 - as above
