"""Lake Formation: settings, places, tags and grants. They are kept and shown; nothing is refused on a laptop."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.errors import TemplateError
from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource

_CATALOG = "a laptop has one catalog"


@handles("AWS::LakeFormation::DataLakeSettings")
class DataLakeSettings(Handler):
    """Who administers Lake Formation, and what new databases and tables are open to.

    As on AWS the latter cannot be emptied here.
    """

    applied = frozenset(
        {
            "AllowFullTableExternalDataAccess",
            "Admins",
            "CreateDatabaseDefaultPermissions",
            "CreateTableDefaultPermissions",
            "MutationType",
            "Parameters",
        }
    )

    def create(self, resource: Resource) -> Made:
        """Put the settings: with APPEND, administrators are added to those who are there."""
        found = resource.call("lakeformation", "get_data_lake_settings")["DataLakeSettings"]
        admins = resource.get("Admins", [])
        if resource.get("MutationType", "REPLACE") == "APPEND":
            admins = [*found["DataLakeAdmins"], *(admin for admin in admins if admin not in found["DataLakeAdmins"])]
        others = {name: value for name, value in resource.without("Admins", "MutationType").items() if value != []}
        given = {**found, **others, "DataLakeAdmins": admins}
        resource.call("lakeformation", "put_data_lake_settings", DataLakeSettings=given)
        return Made(resource.name)

    def update(self, resource: Resource, made: Made) -> Made:
        """Put the new settings over the old."""
        return self.create(resource)


@handles("AWS::LakeFormation::Resource")
class Location(Handler):
    """A place in S3 that is governed."""

    applied = frozenset({"ResourceArn", "RoleArn", "UseServiceLinkedRole"})
    idle = because(HybridAccessEnabled="nothing is refused on a laptop", WithFederation="as above")

    def create(self, resource: Resource) -> Made:
        """Register the place."""
        given = resource.only("ResourceArn", "RoleArn", "UseServiceLinkedRole")
        resource.call("lakeformation", "register_resource", **given)
        return Made(resource.get("ResourceArn"))

    def delete(self, resource: Resource, made: Made) -> None:
        """Let the place go."""
        resource.call("lakeformation", "deregister_resource", ResourceArn=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The place as the service has it."""
        found = resource.call("lakeformation", "describe_resource", ResourceArn=made.ref)["ResourceInfo"]
        return {"ResourceArn": found["ResourceArn"], "RoleArn": found["RoleArn"]}


@handles("AWS::LakeFormation::Tag")
class Tag(Handler):
    """A tag and the values it may have."""

    applied = frozenset({"TagKey", "TagValues"})
    idle = because(CatalogId=_CATALOG)

    def create(self, resource: Resource) -> Made:
        """Make the tag."""
        resource.call("lakeformation", "create_lf_tag", **resource.only("TagKey", "TagValues"))
        return Made(resource.get("TagKey"))

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the values in place: what has the tag keeps it."""
        found = resource.call("lakeformation", "get_lf_tag", TagKey=made.ref)["TagValues"]
        wanted = resource.get("TagValues")
        resource.call(
            "lakeformation",
            "update_lf_tag",
            TagKey=made.ref,
            TagValuesToAdd=[value for value in wanted if value not in found] or None,
            TagValuesToDelete=[value for value in found if value not in wanted] or None,
        )
        return made

    def delete(self, resource: Resource, made: Made) -> None:
        """Take the tag away."""
        resource.call("lakeformation", "delete_lf_tag", TagKey=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The tag's values."""
        return {"TagValues": resource.call("lakeformation", "get_lf_tag", TagKey=made.ref)["TagValues"]}


@handles("AWS::LakeFormation::TagAssociation")
class TagAssociation(Handler):
    """Tags on a database or a table."""

    applied = frozenset({"LFTags", "Resource"})

    def create(self, resource: Resource) -> Made:
        """Put the tags on."""
        given = resource.only("Resource", "LFTags")
        failures = resource.call("lakeformation", "add_lf_tags_to_resource", **given)["Failures"]
        if failures:
            raise TemplateError(
                f"{resource.place}: a tag was refused",
                given=str(resource.get("LFTags")),
                expected=str(failures[0]["Error"]),
                mend="declare the tag and its values before what carries it",
            )
        return Made(resource.name)

    def delete(self, resource: Resource, made: Made) -> None:
        """Take the tags off."""
        resource.call("lakeformation", "remove_lf_tags_from_resource", **resource.only("Resource", "LFTags"))


@handles("AWS::LakeFormation::PrincipalPermissions")
class PrincipalPermissions(Handler):
    """What a principal may do with a resource."""

    applied = frozenset({"Permissions", "PermissionsWithGrantOption", "Principal", "Resource"})
    idle = because(Catalog=_CATALOG)

    def create(self, resource: Resource) -> Made:
        """Grant it."""
        resource.call("lakeformation", "grant_permissions", **resource.without("Catalog"))
        return Made(resource.name)

    def delete(self, resource: Resource, made: Made) -> None:
        """Take it back."""
        resource.call("lakeformation", "revoke_permissions", **resource.without("Catalog"))
