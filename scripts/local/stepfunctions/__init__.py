"""The local Step Functions: moto's interpreter, patched to run our state machines as AWS does."""

from __future__ import annotations

from scripts.local.stepfunctions import casing, context, definitions, emr_task, errors, expressions, lifecycle, nested


def install() -> None:
    """Patch moto's interpreter; a second call changes nothing."""
    for part in (definitions, expressions, context, casing, errors, emr_task, nested, lifecycle):
        part.install()
