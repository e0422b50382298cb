"""Checks that the environment's jobs can reach governed data in the modes it sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.access_modes import JobKind, require_possible
from shared.errors import TerminalError
from shared.release import EMR_RELEASE_LABEL

if TYPE_CHECKING:
    from shared.config import Environment


def require_access(environment: Environment) -> None:
    """Refuse an environment whose jobs would fail, or bypass Lake Formation.

    Raises:
        TerminalError: a mode does not work; the error names the setting to change.
    """
    access = environment.access
    wanted = {JobKind.BATCH: access.batch, JobKind.STREAMING: access.streaming, JobKind.CONSUMER: access.consumer}
    if access.consumer and environment.governance is None:
        raise TerminalError(
            "there is no Lake Formation for the Spark jobs of readers",
            given=f"access.consumer: {access.consumer}",
            expected="`governance: {}` or more beside it",
            mend=f"add it to shared/config/{environment.name}.yaml, or take access.consumer off",
        )
    for kind, mode in wanted.items():
        if mode:
            require_possible(kind, mode, EMR_RELEASE_LABEL)
