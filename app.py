"""The CDK app: one stack for all of an environment, and stages for its account and its copy in another region."""

import sys

import aws_cdk as cdk

from infra.lakewright_stack import LakewrightStack
from infra.stacks.account import AccountStage
from infra.stacks.replica import ReplicaStage
from shared.config import load_environment
from shared.contracts import load_catalog
from shared.errors import LakewrightError


def synthesize() -> None:
    """Write the templates of the environment that the context names."""
    app = cdk.App(analytics_reporting=False)
    environment = load_environment(app.node.try_get_context("env") or "dev", root=app.node.try_get_context("root"))
    catalog = load_catalog()
    LakewrightStack(app, "Lakewright", environment=environment, catalog=catalog)
    if environment.account:
        AccountStage(app, "account", environment=environment, settings=environment.account)
    if environment.replica:
        ReplicaStage(app, "replica", environment=environment, catalog=catalog, region=environment.replica.region)
    app.synth()


try:
    synthesize()
except LakewrightError as error:
    sys.exit(str(error))
