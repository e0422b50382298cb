"""The state machine of the smoke run, which checks what only a deployed environment can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.constructs.state_machine import StateMachine, job_run_statements, job_tokens, step_tokens
from infra.rights.key_use import use_statement
from shared.jobs import Step
from shared.smoke import SMOKE_MACHINE

if TYPE_CHECKING:
    from constructs import Construct

    from infra.stacks.compute import Compute
    from infra.stacks.storage import Storage
    from shared.config import Environment


class Smoke(StateMachine):
    """`step_functions/smoke.asl.json`, which runs the jobs of one step; they touch no table.

    Example:
        Smoke(self, "Smoke", environment=environment, storage=storage, compute=compute)
    """

    def __init__(
        self, scope: Construct, id_: str, *, environment: Environment, storage: Storage, compute: Compute
    ) -> None:
        super().__init__(
            scope,
            id_,
            name=SMOKE_MACHINE,
            definition=SMOKE_MACHINE,
            environment=environment,
            key=storage.key,
            tokens={**job_tokens(environment, storage, compute), **step_tokens(compute, [Step.SMOKE])},
            statements=[
                use_statement(storage.key),
                *job_run_statements(scope, compute=compute, steps=[Step.SMOKE]),
            ],
        )
