"""The readers of source systems, by the type of server a contract names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.ingest.crossing import arrived
from jobs.ingest.files import read_files
from jobs.ingest.kafka import read_kafka
from jobs.ingest.redshift import read_redshift
from jobs.ingest.redshift_question import RedshiftAsker
from jobs.ingest.salesforce import read_salesforce
from jobs.ingest.salesforce_question import SalesforceAsker
from jobs.ingest.snowflake import read_snowflake
from jobs.ingest.snowflake_question import SnowflakeAsker
from jobs.ingest.web_file import read_web_file
from shared.errors import LakewrightError

if TYPE_CHECKING:
    from jobs.ingest.asking import Asker
    from jobs.ingest.reading import Reader
    from shared.contracts import Table

READERS: dict[str, Reader] = {
    "snowflake": read_snowflake,
    "redshift": read_redshift,
    "salesforce": read_salesforce,
    "s3": read_files,
    "api": read_web_file,
    "kafka": read_kafka,
}

# Those of them that can be asked for figures; of the others there are only rows.
ASKERS: dict[str, Asker] = {
    "snowflake": SnowflakeAsker(),
    "redshift": RedshiftAsker(),
    "salesforce": SalesforceAsker(),
}


def translate(error: Exception, table: Table) -> LakewrightError | None:
    """The error of the house behind an exception that an action on a Reading's rows raised.

    Returns:
        The error, naming the table; None when the exception is none of a reader's.
    """
    return error if isinstance(error, LakewrightError) else arrived(error, str(table.name))
