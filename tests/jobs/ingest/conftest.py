"""What readers read from, on this machine: an account over HTTP, a Snowflake with small tables, contracts to hand."""

from __future__ import annotations

import json
import logging
from datetime import date
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from jobs.runtime import aws
from scripts.sources.kafka_broker import KafkaBroker
from scripts.sources.redshift.stand_in import RedshiftStandIn
from scripts.sources.snowflake_stand_in import SnowflakeStandIn
from scripts.sources.started import running
from shared.contracts import Column, Disposition, Kind, Source, Table
from shared.errors import LakewrightError
from shared.jobs import Job, Step
from shared.names import TableName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import DataFrame, SparkSession

    from jobs.ingest.read_cost import ReadCost
    from jobs.ingest.reading import Reading

AWS_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(scope="session")
def account_server() -> Iterator[str]:
    """An AWS account in this process that other processes reach, too."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def account(account_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty account, which clients made here and in Python workers reach."""
    requests.post(f"{account_server}/moto-api/reset", timeout=10)
    for name, value in (AWS_VARIABLES | {"AWS_ENDPOINT_URL": account_server}).items():
        monkeypatch.setenv(name, value)
    aws._client.cache_clear()
    yield account_server
    aws._client.cache_clear()


@pytest.fixture
def session(spark: SparkSession, account: str, monkeypatch: pytest.MonkeyPatch) -> SparkSession:
    """A new session, whose Python workers reach the account."""
    # Workers inherit the environment the JVM was started with; what came later has to be handed to them.
    for name, value in (AWS_VARIABLES | {"AWS_ENDPOINT_URL": account}).items():
        monkeypatch.setitem(spark.sparkContext.environment, name, value)
    opened = spark.newSession()
    opened.conf.set("spark.sql.session.timeZone", "UTC")
    return opened


@pytest.fixture
def staged(session: SparkSession, tmp_path: Path) -> Callable[[Reading], tuple[DataFrame, ReadCost]]:
    """Have a reading written down: its rows, and what they cost the source."""
    counts = count()
    return lambda reading: reading.stage(session, f"{tmp_path}/staged/{next(counts)}")


@pytest.fixture
def failure(staged: Callable[[Reading], tuple[DataFrame, ReadCost]]) -> Callable[[Reading], LakewrightError]:
    """The error with which a reading cannot be written down."""

    def failure_of(reading: Reading) -> LakewrightError:
        with pytest.raises(LakewrightError) as failed:
            staged(reading)
        return failed.value

    return failure_of


@pytest.fixture(scope="session")
def snowflake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnowflakeStandIn]:
    """A Snowflake with the tables of `tables.sql` and the CSV files beside it."""
    stand_in = SnowflakeStandIn(tmp_path_factory.mktemp("snowflake"))
    stand_in.tables.mkdir()
    for file in (Path(__file__).parent / "snowflake" / "tables").iterdir():
        (stand_in.tables / file.name).write_bytes(file.read_bytes())
    many = "".join(f"{i},name {i}\n" for i in range(1, 25_001))
    (stand_in.tables / "MANY.csv").write_text("ID,NAME\n" + many)
    with running(stand_in):
        yield stand_in


@pytest.fixture(scope="session")
def redshift_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedshiftStandIn]:
    """A Redshift with the tables of `redshift/tables/tables.sql`."""
    stand_in = RedshiftStandIn(Path(__file__).parent / "redshift" / "tables")
    with running(stand_in):
        yield stand_in


@pytest.fixture
def redshift(
    redshift_server: RedshiftStandIn, account: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RedshiftStandIn]:
    """The same, with its tables as at first, known to clients of AWS and to the source's parameter."""
    redshift_server.load()
    monkeypatch.setenv("AWS_ENDPOINT_URL_REDSHIFT_DATA", redshift_server.endpoint)
    parameters = boto3.client("ssm", endpoint_url=account)
    name = "/lakewright/local/sources/redshift"
    parameters.put_parameter(Name=name, Value=redshift_server.parameter, Type="String")
    yield redshift_server
    redshift_server.suffer()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A Kafka broker without topics."""
    with running(KafkaBroker(tmp_path_factory.mktemp("kafka"))) as started:
        yield started


@pytest.fixture
def put_secret(account: str) -> Callable[[dict[str, Any]], None]:
    """Put the connection of the source `snowflake` where the jobs look for it."""

    def put(connection: dict[str, Any]) -> None:
        secrets = boto3.client("secretsmanager", endpoint_url=account)
        secrets.create_secret(Name="lakewright/local/snowflake", SecretString=json.dumps(connection))

    return put


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job run whose landing place is a folder of the test."""
    return Job(
        env="local",
        step=Step.INGEST,
        run_id="run",
        attempt="attempt",
        business_date=date(2026, 1, 1),
        lake_root=str(tmp_path / "lake"),
        pii_root=str(tmp_path / "pii"),
        landing_root=str(tmp_path / "landing"),
    )


@pytest.fixture
def table_of() -> Callable[..., Table]:
    """A bronze table from its columns, as name and type, and its source."""

    def table(columns: dict[str, str], source: Source, disposition: Disposition = Disposition.APPEND) -> Table:
        return Table(
            name=TableName.parse("bronze.crm__things"),
            kind=Kind.INGESTED,
            version="1.0.0",
            description="Things.",
            grain="One row per thing.",
            columns=tuple(Column(name=n, type=t, description=n) for n, t in columns.items()),
            primary_key=(next(iter(columns)),),
            disposition=disposition,
            source=source,
            file=Path("crm__things.odcs.yaml"),
        )

    return table
