"""The process that plays Kafka: a real broker of one node, in KRaft mode, whose topics outlive it."""

from __future__ import annotations

import base64
import os
import secrets
import socket
import subprocess
import uuid
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from scripts.local.processes import end_by_its_input
from scripts.setup import paths
from scripts.setup.jars import broker_jars
from shared.errors import TerminalError

if TYPE_CHECKING:
    from pathlib import Path

USER = "lakewright"
READY_SECONDS = 90
ASK_SECONDS = 2
STOP_SECONDS = 10
# `exec` gives the broker the process id that we know; the watcher of the pipe ends it when its parent is gone.
GUARDED = 'exec 3<&0; (cat <&3 >/dev/null; kill $$ 2>/dev/null) & exec "$@" <&-'
JAVA_OPTIONS = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=SASL_PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=SASL_PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=SASL_PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config={login} user_{user}="{password}";
# Relative to the broker's folder: this is a comma-separated list of paths, and Java reads the file as ISO-8859-1.
log.dirs=data
# The events of the samples are years old and must be kept.
log.retention.ms=-1
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
"""
LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="{user}" password="{password}"'


class KafkaBroker:
    """A broker in a separate process, with a password that is generated for each instance.

    Args:
        folder: The folder for its topics, settings and log.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._controller = 0
        self._password = secrets.token_urlsafe(16)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def secret(self) -> dict[str, Any]:
        """The connection, in the form of the source's secret."""
        return {
            "bootstrap_servers": f"127.0.0.1:{self.port}",
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "PLAIN",
            "username": USER,
            "password": self._password,
        }

    @property
    def client_settings(self) -> dict[str, Any]:
        """The connection, as settings of librdkafka's clients."""
        return {
            "bootstrap.servers": f"127.0.0.1:{self.port}",
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": USER,
            "sasl.password": self._password,
            "log_level": 0,
        }

    def start(self) -> None:
        """Start the process and return at once; started again, it listens on the same ports."""
        if missing := [jar.name for jar in broker_jars() if not jar.exists()]:
            raise TerminalError(
                "the Kafka broker lacks jars", given=", ".join(missing), mend="run ./lake once; it sets itself up"
            )
        if not self.port:
            self.port, self._controller = _free_ports()
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        _format(data)
        settings = self.folder / "server.properties"
        settings.touch(mode=0o600)
        settings.write_text(self.properties(), encoding="utf-8")
        java = [str(paths.JAVA_HOME / "bin" / "java"), *self.java_options()]
        class_path = os.pathsep.join(map(str, broker_jars()))
        with (self.folder / "broker.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", GUARDED, "sh", *java, "-cp", class_path, "kafka.Kafka", settings.name],
                cwd=self.folder,
                stdin=subprocess.PIPE,  # when it ends, the guard knows that we are gone
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us to handle
            )

    def properties(self) -> str:
        """The content of its settings file."""
        login = LOGIN.format(user=USER, password=self._password)
        facts = {"user": USER, "password": self._password, "login": login}
        return PROPERTIES.format(port=self.port, controller=self._controller, **facts)

    def java_options(self) -> list[str]:
        """The options for Java."""
        return [*JAVA_OPTIONS, "-Dkafka.logs.dir=."]

    def ready(self) -> None:
        """Wait until the broker answers.

        Raises:
            TerminalError: the process has ended, or took too long.
        """
        admin = AdminClient(self.client_settings)
        for _ in range(READY_SECONDS // ASK_SECONDS):
            if self._process is None or self._process.poll() is not None:
                break
            try:
                admin.list_topics(timeout=ASK_SECONDS)
            except KafkaException:
                continue
            return
        raise self._failure()

    def stop(self) -> None:
        """End the process; topics stay."""
        process, self._process = self._process, None
        if process is not None:
            end_by_its_input(process, patience=STOP_SECONDS)

    def _failure(self) -> TerminalError:
        log = self.folder / "broker.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        # The first error, with its exception on the next line; later ones are its consequences.
        first = next((number for number, line in enumerate(lines) if " ERROR " in line), len(lines) - 1)
        cause = lines[max(first, 0) : first + 2]
        return TerminalError("the Kafka broker does not answer", given="; ".join(cause), mend=f"see {log}")


def _format(data: Path) -> None:
    """Give a broker's new folder its identity, as `kafka-storage format` does."""
    identity = data / "meta.properties"
    if not identity.exists():
        cluster, directory = (base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=") for _ in range(2))
        identity.write_text(f"version=1\ncluster.id={cluster}\nnode.id=1\ndirectory.id={directory}\n", encoding="utf-8")


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]
