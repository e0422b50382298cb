"""What third-party checkers find in the templates."""

import json
import subprocess

import pytest

from scripts.setup import paths
from tests.support.cloud import synthesize

# The CDK makes a resource depend on its role and on the role's policy; the first dependency exists anyway.
ACCEPTED_BY_LINT = "W3005"


def test_cdk_nag_and_cloudformations_own_rules_find_nothing(tmp_path):
    synthesize("prod", tmp_path / "out", nag=True)  # raises on any finding

    assert [] == json.loads((tmp_path / "out" / "validation-report.json").read_text())["pluginReports"]


def test_findings_of_cdk_nag_are_reported(tmp_path):
    import aws_cdk as cdk
    import cdk_nag
    from aws_cdk import aws_s3 as s3

    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    s3.Bucket(cdk.NestedStack(cdk.Stack(app, "Open"), "Nested"), "Bucket")
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()


def test_cfn_lint_finds_nothing(clouds):
    folders = [clouds["prod"].folder, clouds["local"].folder]

    assert (0, "") == lint(path for folder in folders for path in sorted(folder.glob("*.template.json")))


def lint(templates):
    """What cfn-lint finds in templates: its code and message."""
    command = [paths.VENV / "bin" / "cfn-lint", "--ignore-checks", ACCEPTED_BY_LINT, "--", *map(str, templates)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    return finished.returncode, finished.stdout + finished.stderr
