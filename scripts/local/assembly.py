"""Reads a cloud assembly, as `cdk synth` writes it, and uploads the assets of its stacks."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scripts.local.clients import ACCOUNT, REGION, client
from shared.errors import TerminalError

if TYPE_CHECKING:
    from pathlib import Path

_STACK = "aws:cloudformation:stack"
_ASSETS = "cdk:asset-manifest"
_BOOTSTRAP_VERSION = "30"
# Placeholders in an assembly whose app names no account or region.
_PLACES = {"${AWS::AccountId}": ACCOUNT, "${AWS::Region}": REGION, "${AWS::Partition}": "aws"}


@dataclass(frozen=True)
class StackArtifact:
    """A top-level stack of an assembly."""

    name: str
    template: Path
    parameters: dict[str, str]
    tags: dict[str, str]
    assets: Path | None
    bootstrap_parameter: str | None


def read_stack(assembly: Path, name: str) -> StackArtifact:
    """Find a stack in an assembly, by its stack name or its construct path.

    Raises:
        TerminalError: there is no assembly, or no such stack in it.
    """
    manifest = _manifest(assembly)
    artifacts = manifest.get("artifacts", {})
    stacks = {key: value for key, value in artifacts.items() if value["type"] == _STACK}
    for key, artifact in stacks.items():
        properties = artifact["properties"]
        stack = properties.get("stackName", key)
        if name in (key, stack, artifact.get("displayName")):
            dependencies = [artifacts[other] for other in artifact.get("dependencies", [])]
            manifests = [other["properties"] for other in dependencies if other["type"] == _ASSETS]
            return StackArtifact(
                name=stack,
                template=assembly / properties["templateFile"],
                parameters=properties.get("parameters", {}),
                tags=properties.get("tags", {}),
                assets=assembly / manifests[0]["file"] if manifests else None,
                bootstrap_parameter=properties.get("bootstrapStackVersionSsmParameter"),
            )
    raise TerminalError(
        f"the assembly {assembly} has no stack {name}",
        given=name,
        expected="one of " + ", ".join(sorted(stacks)),
        mend="name a stack that the app makes",
    )


def bootstrap(stack: StackArtifact) -> None:
    """Create what `cdk bootstrap` would: the version parameter, and the buckets for the assets."""
    if stack.bootstrap_parameter:
        client("ssm").put_parameter(
            Name=stack.bootstrap_parameter, Value=_BOOTSTRAP_VERSION, Type="String", Overwrite=True
        )
    for bucket in {destination["bucketName"] for _, destination in _files(stack)}:
        client("s3").create_bucket(Bucket=_placed(bucket))


def upload_assets(stack: StackArtifact) -> None:
    """Put the stack's file assets into the asset bucket: nested templates, state machines and code.

    Raises:
        TerminalError: an asset's source is not in the assembly.
    """
    folder = stack.template.parent
    for source, destination in _files(stack):
        if "path" not in source:
            continue
        path = folder / source["path"]
        if not path.exists():
            raise TerminalError(
                f"stack {stack.name}: the source of an asset is missing",
                given=str(path),
                expected="a file or folder of the assembly",
                mend="synthesize again",
            )
        body = _zipped(path) if source.get("packaging") == "zip" else path.read_bytes()
        key = _placed(destination["objectKey"])
        client("s3").put_object(Bucket=_placed(destination["bucketName"]), Key=key, Body=body)


def _files(stack: StackArtifact) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pairs of every file asset's source and each of its destinations."""
    if stack.assets is None:
        return []
    files = json.loads(stack.assets.read_text()).get("files", {}).values()
    return [(file["source"], place) for file in files for place in file["destinations"].values()]


def _placed(text: str) -> str:
    for token, value in _PLACES.items():
        text = text.replace(token, value)
    return text


def _zipped(folder: Path) -> bytes:
    """A folder as a zip archive, without compression since it never leaves this machine."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as files:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                files.write(path, path.relative_to(folder))
    return archive.getvalue()


def _manifest(assembly: Path) -> dict[str, Any]:
    path = assembly / "manifest.json"
    if not path.is_file():
        raise TerminalError(
            f"{assembly} is no cloud assembly",
            given=str(assembly),
            expected="a folder with a manifest.json, as `lake synth` leaves it",
            mend="synthesize first",
        )
    return json.loads(path.read_text())
