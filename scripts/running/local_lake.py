"""Everything that a run needs on this computer, started at the same time: account, Spark, sources, templates.

with LocalLake(Path(".lake")) as lake:
    arn = lake.start(Machine.DAILY_BATCH, {}, "run-1")
    for event in lake.account.events(arn): ...
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from scripts.local.account import LocalAccount, variables
from scripts.local.clients import client
from scripts.local.driver_client import DriverSettings, SparkDriver
from scripts.local.spark_settings import LOCAL_CONFS, jar_paths
from scripts.looking.lake import refuse_unsupported
from scripts.running.item_tables import ENVIRONMENT
from scripts.running.lake_lock import locked
from scripts.running.pii_key import pii_key
from scripts.running.served_items import load_served, save_served
from scripts.sources.stand_ins import StandIns
from scripts.synthesis import assembly
from shared.backfill import BACKFILL_OUTPUT
from shared.config import load_environment
from shared.names import Names, pii_key_secret, source_parameter, source_secret

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from shared.config import Environment
    from shared.names import Machine


class LocalLake:
    """The lake in a folder, ready to run its machines inside a `with` block.

    Args:
        root: The folder; created if it does not exist.
        delivery: Which delivery of the sample sources there is to read.
        console: Where progress is printed.

    Raises:
        LeaseHeldError: another process works on this lake.
    """

    def __init__(self, root: Path, delivery: int, console: Console) -> None:
        self.root = root.resolve()
        refuse_unsupported(str(self.root))
        self.environment: Environment = load_environment(ENVIRONMENT, root=str(self.root))
        settings = DriverSettings(logs=self.root / "logs", jars=jar_paths(), confs=LOCAL_CONFS)
        self.driver = SparkDriver(settings)
        self.account = LocalAccount(self.driver)
        self.sources = StandIns(self.root, delivery)
        self._console = console
        self._stack = ExitStack()
        self._outputs: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Start all parts at the same time, then wait for the slowest."""
        with ExitStack() as stack, self._console.status("starting an account, Spark and the sources"):
            stack.enter_context(locked(self.root))
            stack.enter_context(self.account)
            stack.callback(self.driver.stop)
            self.driver.start()
            stack.enter_context(self.sources)
            stack.enter_context(variables(self.sources.endpoints))
            folder = assembly(ENVIRONMENT, self.root, self.root / "assembly")
            self._outputs = self.account.deploy(folder, Names(self.environment).stack)
            load_served(self.root)
            stack.callback(save_served, self.root)
            self.sources.ready()
            self._introduce_sources()
            self.driver.ready()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop what was started."""
        self._stack.close()

    def start(self, machine: Machine, request: dict[str, Any], name: str) -> str:
        """Start a machine and return the ARN of the execution."""
        return self.account.start(self._outputs[f"{machine.logical_id}Arn"], request, name=name)

    def start_backfill(self, request: dict[str, Any], name: str) -> str:
        """Start the machine that runs windows one after the other, and return the ARN of the execution."""
        return self.account.start(self._outputs[BACKFILL_OUTPUT], request, name=name)

    def execution(self, machine: Machine, name: str) -> str:
        """The ARN that a machine's execution of this name has or would have."""
        return f"{self._outputs[f'{machine.logical_id}Arn'].replace(':stateMachine:', ':execution:')}:{name}"

    def _introduce_sources(self) -> None:
        """Put the stand-ins' addresses and credentials, and the lake's key of personal data, where jobs find them."""
        for source, secret in self.sources.secrets.items():
            client("secretsmanager").put_secret_value(
                SecretId=source_secret(ENVIRONMENT, source), SecretString=json.dumps(secret)
            )
        client("secretsmanager").put_secret_value(SecretId=pii_key_secret(ENVIRONMENT), SecretString=pii_key(self.root))
        for source, address in self.sources.parameters.items():
            name = source_parameter(ENVIRONMENT, source)
            client("ssm").put_parameter(Name=name, Value=address, Type="String", Overwrite=True)
