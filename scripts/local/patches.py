"""Installs everything that the local runtime changes in moto."""

from __future__ import annotations

from scripts.local import api_models, conditions, emr, event_targets, lake_formation, lambdas, msk, transactions
from scripts.local.moto_version import require_known_moto


def install() -> None:
    """Patch moto where the local runtime needs more than it does; a second call changes nothing.

    Raises:
        TerminalError: this moto is not the version that the patches were made for.
    """
    require_known_moto()
    from scripts.local import cloudformation, stepfunctions

    api_models.install()
    cloudformation.install()
    stepfunctions.install()
    emr.install()
    lambdas.install()
    lake_formation.install()
    event_targets.install()
    msk.install()
    transactions.install()
    conditions.install()
