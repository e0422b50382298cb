"""Synthesizes prod over the contracts of a folder: `python -m scripts.benching.synth_contracts CONTRACTS OUTPUT`."""

from __future__ import annotations

import sys
from pathlib import Path

import aws_cdk as cdk

from infra.lakewright_stack import LakewrightStack
from scripts.synthesis import app_context
from shared.config import load_environment
from shared.contracts import load_catalog


def main(contracts: Path, output: Path) -> None:
    """Do what `app.py` does, with other contracts."""
    app = cdk.App(
        outdir=str(output),
        context=app_context("prod"),
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,
    )
    LakewrightStack(app, "Lakewright", environment=load_environment("prod"), catalog=load_catalog(contracts))
    app.synth()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
