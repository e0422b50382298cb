"""Databases and tables of the Glue catalog."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource


@handles("AWS::Glue::Database")
class Database(Handler):
    """A database; the lake has one per layer."""

    applied = frozenset({"DatabaseInput"})
    idle = because(CatalogId="a laptop has one catalog")

    def create(self, resource: Resource) -> Made:
        """Create the database."""
        given = {"Name": resource.name.lower(), **resource.get("DatabaseInput")}
        resource.call("glue", "create_database", DatabaseInput=given)
        return Made(given["Name"])

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the database in place, so that its tables stay."""
        given = {"Name": made.ref, **resource.get("DatabaseInput")}
        resource.call("glue", "update_database", Name=made.ref, DatabaseInput=given)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the database."""
        resource.call("glue", "delete_database", Name=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The database as the catalog describes it."""
        return {"DatabaseInput": resource.call("glue", "get_database", Name=made.ref)["Database"]}


@handles("AWS::Glue::Table")
class Table(Handler):
    """A table: its columns, location and parameters."""

    applied = frozenset({"DatabaseName", "TableInput"})
    idle = because(CatalogId="a laptop has one catalog")

    def create(self, resource: Resource) -> Made:
        """Create the table."""
        given = {"Name": resource.name.lower(), **resource.get("TableInput")}
        resource.call("glue", "create_table", DatabaseName=resource.get("DatabaseName"), TableInput=given)
        return Made(given["Name"])

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the table in place."""
        given = {"Name": made.ref, **resource.get("TableInput")}
        resource.call("glue", "update_table", DatabaseName=resource.get("DatabaseName"), TableInput=given)
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Delete the table."""
        resource.call("glue", "delete_table", DatabaseName=resource.get("DatabaseName"), Name=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The table as the catalog describes it."""
        database = resource.get("DatabaseName")
        table = resource.call("glue", "get_table", DatabaseName=database, Name=made.ref)["Table"]
        return {"TableInput": table}
