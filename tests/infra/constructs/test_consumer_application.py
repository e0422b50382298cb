"""Readers' Spark jobs have an application of their own, under Lake Formation, and need no key and no bucket."""

import pytest

from scripts.synthesis import app_context
from shared.access_modes import AccessMode
from shared.config import load_environment
from shared.config.model import Access
from shared.errors import TerminalError
from tests.support.cloud import Cloud

KIND = "AWS::EMRServerless::Application"


def synthesized(output, mode, *, nag=False):
    import aws_cdk as cdk
    import cdk_nag

    from infra.lakewright_stack import LakewrightStack
    from shared.contracts import load_catalog

    environment = load_environment("prod").model_copy(update={"access": Access(consumer=mode)})
    app = cdk.App(outdir=str(output), context=app_context("prod"), builtin_cloud_formation_validation=nag)
    LakewrightStack(app, "Lakewright", environment=environment, catalog=load_catalog())
    if nag:
        cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    app.synth()
    return Cloud(output)


def consumers(cloud):
    return [r for name, r in cloud.of_type(KIND).items() if name.startswith("Governance/")]


# Sources: EMR Serverless user guide, "Lake Formation full table access" and "Using EMR Serverless with Lake Formation
# for fine-grained access control".
WANTED = {
    AccessMode.FINE_GRAINED: {"spark.emr-serverless.lakeformation.enabled": "true"},
    AccessMode.FULL_TABLE: {
        "spark.hadoop.fs.s3.credentialsResolverClass": (
            "com.amazonaws.glue.accesscontrol.AWSLakeFormationCredentialResolver"
        ),
        "spark.hadoop.fs.s3.useDirectoryHeaderAsFolderObject": "true",
        "spark.hadoop.fs.s3.folderObject.autoAction.disabled": "true",
        "spark.sql.catalog.skipLocationValidationOnCreateTable.enabled": "true",
        "spark.sql.catalog.createDirectoryAfterTable.enabled": "true",
        "spark.sql.catalog.dropDirectoryBeforeTable.enabled": "true",
    },
}


@pytest.mark.usefixtures("clouds")
@pytest.mark.parametrize("mode", WANTED)
def test_jobs_of_readers_are_under_lake_formation_and_take_their_readers_role(tmp_path, mode):
    cloud = synthesized(tmp_path / "out", mode, nag=mode is AccessMode.FINE_GRAINED)
    (application,) = consumers(cloud)
    (configuration,) = application["Properties"]["RuntimeConfiguration"]
    readers = [p for p in cloud.properties("AWS::IAM::Role") if p.get("RoleName", "").endswith("-analyst")]
    takers = [s["Principal"] for s in readers[0]["AssumeRolePolicyDocument"]["Statement"]]

    assert WANTED[mode] == configuration["Properties"]
    assert ("16 vCPU", "RetainExceptOnCreate") == (
        application["Properties"]["MaximumCapacity"]["Cpu"],
        application["DeletionPolicy"],
    )
    assert {"Service": "emr-serverless.amazonaws.com"} in takers
    assert "S3MonitoringConfiguration" not in application["Properties"]["MonitoringConfiguration"]


def test_there_is_no_application_without_its_setting(clouds):
    assert {} == {name: found for name, cloud in clouds.items() if (found := consumers(cloud))}


def test_it_needs_governance():
    from infra.conventions.access import require_access

    environment = load_environment("local").model_copy(update={"access": Access(consumer=AccessMode.FINE_GRAINED)})

    with pytest.raises(TerminalError, match="no Lake Formation for the Spark jobs of readers"):
        require_access(environment)
