"""The demo's Kafka: a real broker, with the records of a delivery in its topics."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from scripts.sources.kafka_broker import KafkaBroker
from scripts.sources.order_events import HEADERS, PARTITIONS, messages
from shared.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from scripts.sources.order_events import Message, Row

ANSWER_SECONDS = 30
PAUSE_SECONDS = 0.05
NOT_LED_YET = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)


class KafkaStandIn:
    """A broker whose topics have the records of a delivery.

    Args:
        folder: The folder for its topics: a topic that was filled is not filled again. One with too few partitions
            gets the others, and keeps its records.
        orders: The orders that its records are about; those of the samples if left out.
        others: Further topics, which stay empty.
    """

    def __init__(self, folder: Path, orders: Sequence[Row] | None = None, others: Iterable[str] = ()) -> None:
        self.broker = KafkaBroker(folder)
        self._orders = orders
        self._partitions = dict.fromkeys(others, 1) | PARTITIONS

    @property
    def secret(self) -> dict[str, Any]:
        """The connection, in the form of the source's secret."""
        return self.broker.secret

    def start(self) -> None:
        """Start the broker and return at once."""
        self.broker.start()

    def ready(self, delivery: int) -> None:
        """Wait until the broker answers, and send the records of a delivery that its topics do not have yet.

        Raises:
            TerminalError: it does not answer.
        """
        self.broker.ready()
        self._make_topics()
        self.load(delivery)

    def load(self, delivery: int) -> None:
        """Send the records of a delivery that the topics do not have yet; existing records are never removed.

        Raises:
            TerminalError: the broker did not take a record.
        """
        producer = Producer(self.broker.client_settings | {"linger.ms": 20, "enable.idempotence": True})
        for topic, partitions in messages(delivery, self._orders).items():
            # Every partition is asked before the producer meets the topic, which may just have grown.
            held = [self._held(topic, partition) for partition in range(len(partitions))]
            for wanted, count in zip(partitions, held, strict=True):
                for message in wanted[count:]:
                    _send(producer, topic, message)
        if left := producer.flush(ANSWER_SECONDS):
            raise TerminalError("the Kafka broker did not take every record", given=f"{left} records were not sent")

    def stop(self) -> None:
        """End the broker; its topics stay."""
        self.broker.stop()

    def _make_topics(self) -> None:
        admin = AdminClient(self.broker.client_settings)
        held = admin.list_topics(timeout=ANSWER_SECONDS).topics
        for future in admin.create_topics([NewTopic(t, count, 1) for t, count in self._partitions.items()]).values():
            try:
                future.result(ANSWER_SECONDS)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
        wanted = {topic: count for topic, count in self._partitions.items() if topic in held}
        grown = [NewPartitions(t, count) for t, count in wanted.items() if len(held[t].partitions) < count]
        for future in admin.create_partitions(grown).values() if grown else ():
            future.result(ANSWER_SECONDS)

    def _held(self, topic: str, partition: int) -> int:
        consumer = Consumer(self.broker.client_settings | {"group.id": "stand-in"})
        deadline = time.monotonic() + ANSWER_SECONDS
        try:
            while True:
                try:
                    _, upto = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=ANSWER_SECONDS)
                    return int(upto)
                except KafkaException as error:  # a broker takes a moment to become leader of a new topic
                    if error.args[0].code() not in NOT_LED_YET or time.monotonic() > deadline:
                        raise
                time.sleep(PAUSE_SECONDS)
        finally:
            consumer.close()


def _send(producer: Producer, topic: str, message: Message) -> None:
    producer.produce(
        topic,
        message.value,
        message.key,
        partition=message.partition,
        timestamp=round(message.sent_at.timestamp() * 1000),
        headers=list(HEADERS),
    )
    producer.poll(0)
