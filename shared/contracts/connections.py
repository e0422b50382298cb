"""What contracts need to reach their source systems: secrets, addresses, topics, landing folders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shared.contracts.source_model import ASKED, KAFKA, REDSHIFT, SALESFORCE, SNOWFLAKE, WEB
from shared.names import LANDING

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.contracts import Catalog, Source, Table
    from shared.contracts.source_model import RegisteredSchema

# Types of source whose login is in a secret, and those whose address is in the environment's file.
SECRET_TYPES = frozenset({KAFKA, SALESFORCE, SNOWFLAKE})
ADDRESSED_TYPES = frozenset({WEB, REDSHIFT})
# The SASL mechanism of MSK with which the job's role is the credential.
MSK_IAM = "AWS_MSK_IAM"
# As `jobs.ingest.landing` reads locations: `**/` also stands for no folder at all.
_WILDCARD = re.compile(r"\*\*/|[*?]")


def connection_by_role(bootstrap_servers: str) -> dict[str, str]:
    """The connection to an MSK cluster with the job's role, in the form of a Kafka system's secret."""
    return {"bootstrap_servers": bootstrap_servers, "security_protocol": "SASL_SSL", "sasl_mechanism": MSK_IAM}


def secret_systems(catalog: Catalog) -> list[str]:
    """Everything that needs a secret: source systems, and connections by which tables are published."""
    return sorted({*source_systems(catalog), *publishing_connections(catalog)})


def source_systems(catalog: Catalog) -> list[str]:
    """The source systems that need a secret."""
    sources = [table.source for table in catalog.tables.values() if table.source]
    return sorted({source.system for source in sources if source.type in SECRET_TYPES})


def redshift_databases(catalog: Catalog) -> dict[str, list[str]]:
    """The Redshift systems that contracts read, each with its databases."""
    sources = [t.source for t in catalog.tables.values() if t.source and t.source.type == REDSHIFT]
    systems = sorted({source.system for source in sources})
    return {system: sorted({str(s.database) for s in sources if s.system == system}) for system in systems}


def kafka_sources(catalog: Catalog) -> dict[str, Source]:
    """The sources of the tables that are read from Kafka, by table."""
    sources = {name: table.source for name, table in catalog.tables.items()}
    return {name: source for name, source in sources.items() if source and source.type == KAFKA}


def kafka_systems(catalog: Catalog) -> list[str]:
    """The Kafka systems that contracts read."""
    return sorted({source.system for source in kafka_sources(catalog).values()})


def kafka_topics(catalog: Catalog) -> list[str]:
    """The Kafka topics that contracts read."""
    return sorted({source.object for source in kafka_sources(catalog).values()})


def registered_schemas(catalog: Catalog) -> set[RegisteredSchema]:
    """The schemas of Glue's registry that contracts name."""
    return {source.registered for source in kafka_sources(catalog).values() if source.registered}


def asked_systems(catalog: Catalog) -> list[str]:
    """The source systems that can be queried for figures."""
    sources = [t.source for t in catalog.tables.values() if t.source]
    return sorted({source.system for source in sources if source.type in ASKED})


def publishing_connections(catalog: Catalog) -> list[str]:
    """The connections by which tables are published to Snowflake; like source systems, each is named as its secret."""
    return sorted({t.published_to.connection for t in catalog.tables.values() if t.published_to})


def web_systems(catalog: Catalog) -> list[str]:
    """The source systems that publish files at an address."""
    return sorted({t.source.system for t in catalog.tables.values() if t.source and t.source.type == WEB})


def landing_folders(catalog: Catalog) -> list[str]:
    """The top folders of the landing place in which contracts expect files; an empty one stands for all of it."""
    inside = [location.partition("/") for location in _landing_locations(catalog)]
    return sorted({"" if {"*", "?"} & set(folder) else folder + slash for folder, slash, _ in inside})


def landing_names(catalog: Catalog) -> list[str]:
    """Patterns of the keys of all files in the landing place that contracts read; they may match others, too.

    Each has at most one `*`, which stands for any text with slashes: EventBridge may refuse a rule with several.
    """
    pieces = [_WILDCARD.split(location) for location in _landing_locations(catalog)]
    return sorted({"*".join((piece[0], piece[-1])) if len(piece) > 1 else piece[0] for piece in pieces})


def personal_landing_keys(catalog: Catalog) -> list[str]:
    """Patterns, ending in `*`, of the keys in the landing place among which are files with personal data."""
    personal = _landing_locations(catalog, among=lambda table: table.is_personal)
    return sorted({_WILDCARD.split(location, maxsplit=1)[0] + "*" for location in personal})


def _landing_locations(catalog: Catalog, among: Callable[[Table], bool] = lambda _: True) -> list[str]:
    tables = filter(among, catalog.tables.values())
    locations = [t.source.location for t in tables if t.source and t.source.location]
    return [location.removeprefix(LANDING) for location in locations if location.startswith(LANDING)]
