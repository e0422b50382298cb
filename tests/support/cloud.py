"""Synthesizes cloud assemblies in this process, and reads their templates."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.setup.launch import runtime_environment

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class Cloud:
    """One synthesized environment.

    `templates` are by nested stack: `` for the top-level one, `Storage`, `CatalogBronze0` and so on.
    """

    folder: Path

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        return {_stack(path): json.loads(path.read_text()) for path in sorted(self.folder.glob("*.template.json"))}

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The complete resources of a type, by `stack/logical id`."""
        return {
            f"{stack}/{name}": resource
            for stack, template in self.templates.items()
            for name, resource in template["Resources"].items()
            if resource["Type"] == kind
        }

    def properties(self, kind: str) -> list[dict[str, Any]]:
        """The properties of every resource of a type."""
        return [resource.get("Properties", {}) for resource in self.of_type(kind).values()]

    def only(self, kind: str) -> dict[str, Any]:
        """The properties of the one resource of a type."""
        (found,) = self.properties(kind)
        return found

    def origin(self, stack: str, name: str) -> str:
        """The resource that a name in a stack's template refers to, perhaps in another stack, as `stack/logical id`."""
        if name not in self.templates[stack].get("Parameters", {}):
            return f"{stack}/{name}"
        [given] = [
            parameters[name]["Fn::GetAtt"]
            for nested in self.of_type("AWS::CloudFormation::Stack").values()
            if name in (parameters := nested["Properties"].get("Parameters", {}))
        ]
        other = given[0].partition("NestedStack")[0]
        output = self.templates[other]["Outputs"][given[1].removeprefix("Outputs.")]["Value"]
        return f"{other}/{output['Ref']}"


def synthesize(
    env: str,
    output: Path,
    *,
    root: Path | None = None,
    catalog: Any = None,
    environment: Any = None,
    nag: bool = False,
    stages: Collection[str] = (),
) -> Cloud:
    """Create the app for an environment in this process and synthesize it; the first call has to start Node.

    `environment` replaces what the environment's file says; `stages` are the additional stages to synthesize:
    `account` and `replica`.
    """
    import os

    os.environ |= {name: value for name, value in runtime_environment().items() if name.startswith("JSII_")}
    import aws_cdk as cdk
    import cdk_nag

    from infra.lakewright_stack import LakewrightStack
    from infra.stacks.account import AccountStage
    from infra.stacks.replica import ReplicaStage
    from scripts.synthesis import app_context
    from shared.config import load_environment
    from shared.contracts import load_catalog

    _count_to_a_thousand()
    app = cdk.App(
        outdir=str(output),
        context=app_context(env, root),
        analytics_reporting=False,
        builtin_cloud_formation_validation=nag,
    )
    environment = environment or load_environment(env, root=None if root is None else str(root))
    LakewrightStack(app, "Lakewright", environment=environment, catalog=catalog or load_catalog())
    if "account" in stages:
        AccountStage(app, "account", environment=environment, settings=environment.account)
    if "replica" in stages:
        ReplicaStage(
            app,
            "replica",
            environment=environment,
            catalog=catalog or load_catalog(),
            region=environment.replica.region,
        )
    if nag:
        cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    app.synth()
    return Cloud(output)


@cache
def _count_to_a_thousand() -> None:
    """Make the CDK's token numbers have four digits from the first synthesis in a process on.

    The CDK sorts some lists by them as text, where 99 comes after 100, so the first synthesis would differ from others.
    """
    import aws_cdk as cdk

    for number in range(1000):
        cdk.Token.as_string(number)


def _stack(path: Path) -> str:
    named = re.fullmatch(r"Lakewright(\w*?)([0-9A-F]{8})?(\.nested)?\.template\.json", path.name)
    assert named, path.name
    return named[1]
