"""The readers of source systems, by the server type that a contract names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.ingest.files.reader import read_files
from jobs.ingest.files.web_file import read_web_file
from jobs.ingest.kafka.reader import read_kafka
from jobs.ingest.redshift.figures import RedshiftFiguresReader
from jobs.ingest.redshift.reader import read_redshift
from jobs.ingest.salesforce.figures import SalesforceFiguresReader
from jobs.ingest.salesforce.reader import read_salesforce
from jobs.ingest.snowflake.figures import SnowflakeFiguresReader
from jobs.ingest.snowflake.reader import read_snowflake
from shared.contracts.source_model import FILES, KAFKA, REDSHIFT, SALESFORCE, SNOWFLAKE, WEB

if TYPE_CHECKING:
    from jobs.ingest.reading import Reader
    from jobs.ingest.source_figures import FiguresReader

READERS: dict[str, Reader] = {
    SNOWFLAKE: read_snowflake,
    REDSHIFT: read_redshift,
    SALESFORCE: read_salesforce,
    FILES: read_files,
    WEB: read_web_file,
    KAFKA: read_kafka,
}

# For the systems that can compute figures of a table; the others only give rows.
FIGURES_READERS: dict[str, FiguresReader] = {
    SNOWFLAKE: SnowflakeFiguresReader(),
    REDSHIFT: RedshiftFiguresReader(),
    SALESFORCE: SalesforceFiguresReader(),
}
