"""`lake preflight`: checks whether an account is ready for an environment."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from scripts.cli.request import prints_json

if TYPE_CHECKING:
    from scripts.operating.finding import Finding


@click.command()
@click.argument("env")
@prints_json
def command(env: str, *, as_json: bool) -> None:
    """Check whether the account is ready for ENV; changes nothing."""
    from scripts.cli.output import print_json
    from scripts.operating.finding import FAILED
    from scripts.operating.preflight import preflight
    from shared.config import load_environment

    findings = preflight(load_environment(env))
    if as_json:
        print_json(finding.row for finding in findings)
    else:
        show(findings)
    sys.exit(1 if any(finding.status == FAILED for finding in findings) else 0)


def show(findings: list[Finding]) -> None:
    """Print findings as a table."""
    from scripts.cli.output import Head, console, grid

    heads = [Head("check"), Head("status"), Head("found", wraps=True), Head("to fix", wraps=True)]
    console().print(grid(heads, [list(finding.row.values()) for finding in findings]))
