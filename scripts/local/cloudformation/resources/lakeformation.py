"""Lake Formation: settings, locations, tags and grants. They are stored and returned, and refuse nothing here."""

from __future__ import annotations

from typing import Any

from scripts.local.cloudformation.errors import TemplateError
from scripts.local.cloudformation.registry import Handler, because, handles
from scripts.local.cloudformation.resource import Made, Resource

_CATALOG = "a laptop has one catalog"


@handles("AWS::LakeFormation::DataLakeSettings")
class DataLakeSettings(Handler):
    """The administrators of Lake Formation, and the default rights on new databases and tables.

    As on AWS, the default rights cannot be removed here.
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
        """Set the settings; with APPEND, administrators are added to the existing ones."""
        found = resource.call("lakeformation", "get_data_lake_settings")["DataLakeSettings"]
        admins = resource.get("Admins", [])
        if resource.get("MutationType", "REPLACE") == "APPEND":
            admins = [*found["DataLakeAdmins"], *(admin for admin in admins if admin not in found["DataLakeAdmins"])]
        others = {name: value for name, value in resource.without("Admins", "MutationType").items() if value != []}
        given = {**found, **others, "DataLakeAdmins": admins}
        resource.call("lakeformation", "put_data_lake_settings", DataLakeSettings=given)
        return Made(resource.name)

    def update(self, resource: Resource, made: Made) -> Made:
        """Overwrite the old settings with the new ones."""
        return self.create(resource)


@handles("AWS::LakeFormation::Resource")
class Location(Handler):
    """A location in S3 that Lake Formation governs."""

    applied = frozenset({"ResourceArn", "RoleArn", "UseServiceLinkedRole"})
    idle = because(HybridAccessEnabled="nothing is refused on a laptop", WithFederation="as above")

    def create(self, resource: Resource) -> Made:
        """Register the location."""
        given = resource.only("ResourceArn", "RoleArn", "UseServiceLinkedRole")
        resource.call("lakeformation", "register_resource", **given)
        return Made(resource.get("ResourceArn"))

    def delete(self, resource: Resource, made: Made) -> None:
        """Deregister the location."""
        resource.call("lakeformation", "deregister_resource", ResourceArn=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The place as the service describes it."""
        found = resource.call("lakeformation", "describe_resource", ResourceArn=made.ref)["ResourceInfo"]
        return {"ResourceArn": found["ResourceArn"], "RoleArn": found["RoleArn"]}


@handles("AWS::LakeFormation::Tag")
class Tag(Handler):
    """A tag and the values it may have."""

    applied = frozenset({"TagKey", "TagValues"})
    idle = because(CatalogId=_CATALOG)

    def create(self, resource: Resource) -> Made:
        """Create the tag."""
        resource.call("lakeformation", "create_lf_tag", **resource.only("TagKey", "TagValues"))
        return Made(resource.get("TagKey"))

    def update(self, resource: Resource, made: Made) -> Made:
        """Change the values in place: resources with the tag keep it."""
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
        """Delete the tag."""
        resource.call("lakeformation", "delete_lf_tag", TagKey=made.ref)

    def read(self, resource: Resource, made: Made) -> dict[str, Any]:
        """The tag's values."""
        return {"TagValues": resource.call("lakeformation", "get_lf_tag", TagKey=made.ref)["TagValues"]}


@handles("AWS::LakeFormation::TagAssociation")
class TagAssociation(Handler):
    """Tags on a database or a table."""

    applied = frozenset({"LFTags", "Resource"})

    def create(self, resource: Resource) -> Made:
        """Attach the tags."""
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
        """Remove the tags."""
        resource.call("lakeformation", "remove_lf_tags_from_resource", **resource.only("Resource", "LFTags"))


@handles("AWS::LakeFormation::PrincipalPermissions")
class PrincipalPermissions(Handler):
    """The rights of a principal on a resource."""

    applied = frozenset({"Permissions", "PermissionsWithGrantOption", "Principal", "Resource"})
    idle = because(Catalog=_CATALOG)

    def create(self, resource: Resource) -> Made:
        """Grant the rights."""
        resource.call("lakeformation", "grant_permissions", **resource.without("Catalog"))
        return Made(resource.name)

    def delete(self, resource: Resource, made: Made) -> None:
        """Revoke the rights."""
        resource.call("lakeformation", "revoke_permissions", **resource.without("Catalog"))
