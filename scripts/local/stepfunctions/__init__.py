"""The local Step Functions: moto's interpreter, made to read and do what AWS does with our state machines."""

from __future__ import annotations

from scripts.local.stepfunctions import casing, context, definitions, emr_task, errors, expressions, lifecycle, nested


def install() -> None:
    """Mend moto's interpreter; a second call changes nothing."""
    for part in (definitions, expressions, context, casing, errors, emr_task, nested, lifecycle):
        part.install()
