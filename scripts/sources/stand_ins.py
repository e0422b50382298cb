"""All source systems of the demo on one machine, with their data of a given day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from scripts.generating.generated import generated_orders, generated_records, read_copying
from scripts.sources.delivered_events import redshift_files
from scripts.sources.delivered_files import check_delivery, crm_files, rates_archive, snowflake_files
from scripts.sources.http_files import FileServer
from scripts.sources.kafka_stand_in import KafkaStandIn
from scripts.sources.made_up import made_up_files
from scripts.sources.order_events import schema_files
from scripts.sources.redshift.stand_in import RedshiftStandIn
from scripts.sources.salesforce.records import field_types, salesforce_records
from scripts.sources.salesforce.stand_in import SalesforceStandIn
from scripts.sources.snowflake_stand_in import SnowflakeStandIn
from shared.contracts import load_catalog
from shared.contracts.connections import SECRET_TYPES, kafka_topics, publishing_connections, redshift_databases
from shared.contracts.source_model import KAFKA, SALESFORCE, SNOWFLAKE
from shared.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RATES_NAME = "eurofxref-hist.zip"


class StandIns:
    """Stand-ins for Snowflake, Redshift, Kafka, Salesforce, the CRM's file drop and the ECB's web site.

    Entering the context, or `start()`, returns at once; `ready()` waits until the sources answer. Secrets and
    parameters are known from the start on.

    Args:
        root: The lake's root; files are put into its `landing`, and the stand-ins keep theirs in its `sources`.
        delivery: 1 or 2, see scripts/sources/deliveries.py; ignored for a lake with generated data, which has its day.

    Raises:
        TerminalError: there is no such delivery.
    """

    def __init__(self, root: Path, delivery: int) -> None:
        check_delivery(delivery)
        self.root = root.absolute()
        self.generated = read_copying(self.root)
        self.delivery = self.generated.day if self.generated else delivery
        self.snowflake = SnowflakeStandIn(snowflake_folder(self.root))
        self.redshift = RedshiftStandIn(self.root / "sources" / "redshift")
        self.salesforce = SalesforceStandIn()
        orders = generated_orders(self.generated) if self.generated else None
        self.kafka = KafkaStandIn(self.root / "sources" / "kafka", orders, kafka_topics(load_catalog()))
        self.web = FileServer()

    @property
    def secrets(self) -> dict[str, dict[str, Any]]:
        """The connection of each source that has a secret, and of those that rows are published to."""
        stand_ins = {KAFKA: self.kafka, SALESFORCE: self.salesforce, SNOWFLAKE: self.snowflake}
        sources = [table.source for table in load_catalog().tables.values() if table.source]
        return {
            **{s.system: stand_ins[s.type].secret for s in sources if s.type in SECRET_TYPES},
            **dict.fromkeys(publishing_connections(load_catalog()), self.snowflake.secret),
        }

    @property
    def parameters(self) -> dict[str, str]:
        """The address of each source whose address is no secret."""
        warehouses = dict.fromkeys(redshift_databases(load_catalog()), self.redshift.parameter)
        return {"ecb": self.web.address(RATES_NAME), **warehouses}

    @property
    def endpoints(self) -> dict[str, str]:
        """Environment variables that direct AWS clients to the services that are not in the local account."""
        return {"AWS_ENDPOINT_URL_REDSHIFT_DATA": self.redshift.endpoint}

    def start(self) -> None:
        """Put the files in place and start the servers."""
        self._put_files()
        self.salesforce.start()
        self.web.start()
        self.redshift.start()
        self.snowflake.start()
        self.kafka.start()

    def ready(self) -> None:
        """Wait until every source answers.

        Raises:
            TerminalError: one of them does not.
        """
        self.kafka.ready(self.delivery)
        self.redshift.ready()
        self.snowflake.ready()

    def deliver(self, delivery: int) -> None:
        """Replace the sources' data by another delivery, as if a day had passed.

        Raises:
            TerminalError: there is no such delivery, a source does not answer, or the sources hold generated data.
        """
        check_delivery(delivery)
        if self.generated:
            raise TerminalError(
                "the sources of this lake hold generated data, and not the samples",
                given=str(self.root),
                mend="run its machines by `./lake run`, or name another --root",
            )
        self.delivery = delivery
        self._put_files()
        self.redshift.load()
        self.snowflake.load()
        self.kafka.load(delivery)

    def stop(self) -> None:
        """End everything that was started."""
        self.kafka.stop()
        self.snowflake.stop()
        self.redshift.stop()
        self.salesforce.stop()
        self.web.stop()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _put_files(self) -> None:
        self.web.files[RATES_NAME] = rates_archive(self.delivery)
        if self.generated:  # its files are there already
            self.salesforce.hold(generated_records(self.generated), field_types())
            return
        _put_tables(self.snowflake.tables, snowflake_files(self.delivery))
        _put_tables(self.redshift.tables, redshift_files(self.delivery))
        _put(self.root / "landing", [*crm_files(self.delivery), *schema_files()])
        _put(self.root / "landing", made_up_files(self.delivery))
        self.salesforce.hold(salesforce_records(self.delivery), field_types())


def snowflake_folder(root: Path) -> Path:
    """The folder of a lake in which the stand-in for Snowflake keeps its data."""
    return root / "sources" / "snowflake"


def _put_tables(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write the files of a stand-in's tables, and remove those of tables that are no longer among them."""
    held = dict(files)
    _put(folder, held.items())
    for file in folder.glob("*.csv"):
        if file.name not in held:
            file.unlink()


def _put(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files, except those that already have that content: a new modification time would make them look new."""
    for name, content in files:
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f".{path.name}")
            unfinished.write_bytes(content)
            unfinished.replace(path)
