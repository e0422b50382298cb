"""Synthesizes the CDK app into a folder, offline, and only if one of its inputs has changed."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.artifacts import source_files
from scripts.setup import paths
from scripts.setup.launch import runtime_environment
from shared.errors import TerminalError

# Everything that the templates, and the keys of their assets, are made from.
FILES = (Path("app.py"), Path("cdk.json"), Path("uv.lock"), Path("scripts/setup/jars.lock"))
SOURCES = ("infra/**/*", "jobs/**/*", "lambdas/**/*", "scripts/packaging/*", "shared/**/*", "step_functions/*")
MARK = ".fingerprint"
MANIFEST = "manifest.json"


def assembly(env: str, root: Path | None, output: Path, *, validate: bool = False) -> Path:
    """Write the environment's cloud assembly to a folder, and return that folder.

    Args:
        env: The environment.
        root: A folder to use instead of the buckets, for a lake on this machine.
        output: The folder; its content is replaced.
        validate: Also check the templates against CloudFormation's rules, which doubles the time.

    Raises:
        TerminalError: the folder contains something else, or the app could not be synthesized.
    """
    output = output.resolve()
    fingerprint = _fingerprint(env, root, validate=validate)
    if (output / MARK).is_file() and (output / MARK).read_text() == fingerprint:
        return output
    _check_replaceable(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-") as scratch:
        fresh = Path(scratch, "assembly")
        _synthesize(env, root, fresh, validate=validate)
        (fresh / MARK).write_text(fingerprint)
        shutil.rmtree(output, ignore_errors=True)
        fresh.rename(output)
    return output


def app_context(env: str, root: Path | None = None) -> dict[str, object]:
    """The context that the CDK command line would give the app, so that both produce the same templates."""
    settings = json.loads((paths.ROOT / "cdk.json").read_text())
    context = {
        **settings["context"],
        "aws:cdk:enable-path-metadata": settings["pathMetadata"],
        "aws:cdk:enable-asset-metadata": settings["assetMetadata"],
        "aws:cdk:version-reporting": settings["versionReporting"],
        "env": env,
    }
    return context if root is None else {**context, "root": str(root)}


def _check_replaceable(output: Path) -> None:
    if output.exists() and any(output.iterdir()) and not (output / MANIFEST).is_file():
        raise TerminalError(
            "the output folder holds something that is not an assembly",
            given=str(output),
            expected="a folder that is new, empty, or holds an older assembly",
            mend="choose another folder with --output",
        )


def _synthesize(env: str, root: Path | None, output: Path, *, validate: bool) -> None:
    finished = subprocess.run(
        [sys.executable, "-P", str(paths.ROOT / "app.py")],
        cwd=paths.ROOT,
        env={
            **runtime_environment(),
            "CDK_CONTEXT_JSON": json.dumps(app_context(env, root)),
            "CDK_OUTDIR": str(output),
            "CDK_VALIDATION": str(validate).lower(),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        said = "\n".join((finished.stderr or finished.stdout).strip().splitlines()[-15:])
        raise TerminalError(f"the CDK app could not be synthesized for {env}:\n{said}")


def _fingerprint(env: str, root: Path | None, *, validate: bool) -> str:
    digest = hashlib.sha256(json.dumps([env, str(root), validate]).encode())
    for path in [*FILES, *source_files(paths.ROOT, SOURCES)]:
        digest.update(f"\0{path}\0".encode())
        digest.update(hashlib.sha256((paths.ROOT / path).read_bytes()).digest())
    return digest.hexdigest()
