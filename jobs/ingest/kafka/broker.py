"""Asks a Kafka broker which offsets a topic holds, through the client that Spark's own source brings along."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError

from jobs.ingest.kafka.offsets import PartitionOffsets, TopicOffsets
from jobs.runtime.jvm import java_class
from shared.errors import SourceContentError, SourceUnavailableError, TerminalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pyspark.sql import SparkSession

    from shared.errors import LakewrightError

KAFKA = "org.apache.kafka"
# The client tries again by itself until then, waiting longer each time, by a random share.
ANSWER_MS = 60_000
TRY_MS = 10_000
# Words in the errors of Kafka's client and Spark's source, innermost cause first; the first that is found decides.
UNTRUSTED = ("SslAuthenticationException", "SSLHandshakeException")
REFUSED = ("AuthenticationException", "AuthorizationException")
NOT_THERE = ("UnknownTopicOrPartitionException", "InvalidTopicException", "UnknownTopicIdException")
LOST = ("Some data may have been lost", "OffsetOutOfRangeException", "OffsetsOutOfRange", "KAFKA_DATA_LOSS")
TRANSIENT = (
    "TimeoutException",
    "DisconnectException",
    "Cannot fetch record for offset",
    "RetriableException",
    "NotLeaderOrFollowerException",
    "LeaderNotAvailableException",
    "BrokerNotAvailableException",
    "NetworkException",
    "No resolvable bootstrap urls",
    "LoginException",
)


def topic_offsets(spark: SparkSession, settings: Mapping[str, str], topic: str, error_context: str) -> TopicOffsets:
    """The offsets that each partition of a topic holds, up to the last committed one (`read_committed`).

    Args:
        spark: Any session: the client runs in its JVM.
        settings: Those of a Kafka client.
        topic: The topic.
        error_context: System and topic; errors begin with it.

    Raises:
        SourceUnavailableError: no broker answered.
        SourceContentError: there is no such topic, or this login may not see it.
        TerminalError: the login was refused, or Kafka's client does not take the settings.
    """
    java = partial(java_class, spark)
    with _client_errors(error_context), _admin(java, settings) as admin:
        found = _answer(java, admin.describeTopics(java("java.util.List").of(topic)).allTopicNames())
        described = found.get(topic)
        partitions = [p.partition() for p in described.partitions()]
        has_id = not described.topicId().equals(java(f"{KAFKA}.common.Uuid").ZERO_UUID)
        topic_id = str(described.topicId().toString()) if has_id else None
        of_partition, offsets = java(f"{KAFKA}.common.TopicPartition"), java(f"{KAFKA}.clients.admin.OffsetSpec")
        committed = java(f"{KAFKA}.common.IsolationLevel").READ_COMMITTED
        ends = []
        for which in (offsets.earliest(), offsets.latest()):
            wanted = java("java.util.HashMap")()
            for partition in partitions:
                wanted.put(of_partition(topic, partition), which)
            options = java(f"{KAFKA}.clients.admin.ListOffsetsOptions")(committed)
            found = _answer(java, admin.listOffsets(wanted, options).all())
            ends.append({entry.getKey().partition(): entry.getValue().offset() for entry in found.entrySet()})
    return TopicOffsets(topic, topic_id, {p: PartitionOffsets(ends[0][p], ends[1][p]) for p in sorted(partitions)})


def translate_error(error: Exception, error_context: str) -> LakewrightError | None:
    """The LakewrightError for an error of Kafka's client or of Spark's source; None when it is neither's.

    Args:
        error: What was raised. Its text is left out, since it may quote settings or records.
        error_context: System, topic, partitions and offsets that were read.
    """
    said = _said(error)
    if word := _first(said, UNTRUSTED):
        return TerminalError(
            f"{error_context}: a certificate was refused, the broker's or ours",
            given=word,
            mend="put tls, with ca or certificate and private_key, into the source's secret",
        )
    if word := _first(said, REFUSED):
        return TerminalError(
            f"{error_context}: the login was refused",
            given=word,
            mend="put the secret with `./lake secrets put`, or grant the job's role the topic",
        )
    if word := _first(said, NOT_THERE):
        return SourceContentError(
            f"{error_context}: the topic is not there",
            given=word,
            mend="create it, or change physicalName in the contract",
        )
    if _first(said, LOST):
        return SourceContentError(
            f"{error_context}: records were removed from Kafka while they were read",
            given="offsets that are out of range",
            mend="let the topic keep its records longer, and run again",
        )
    if word := _first(said, TRANSIENT):
        return SourceUnavailableError(f"{error_context}: no answer from Kafka", given=word)
    return None


@contextmanager
def _client_errors(error_context: str) -> Iterator[None]:
    try:
        yield
    except Py4JJavaError as error:
        known = translate_error(error, error_context)
        raise known or TerminalError(
            f"{error_context}: Kafka's client could not be used", given=error.java_exception.getClass().getName()
        ) from None


@contextmanager
def _admin(java: Callable[[str], Any], settings: Mapping[str, str]) -> Iterator[Any]:
    own = java("java.util.HashMap")()
    for name, value in {**settings, **timeouts()}.items():
        own.put(name, value)
    admin = java(f"{KAFKA}.clients.admin.AdminClient").create(own)
    try:
        yield admin
    finally:
        admin.close(java("java.time.Duration").ofSeconds(1))


def timeouts() -> dict[str, str]:
    """The settings for how long a client tries a broker that does not answer."""
    return {"default.api.timeout.ms": str(ANSWER_MS), "request.timeout.ms": str(min(TRY_MS, ANSWER_MS))}


def _answer(java: Callable[[str], Any], future: Any) -> Any:  # noqa: ANN401 - a class of Java's
    return future.get(ANSWER_MS, java("java.util.concurrent.TimeUnit").MILLISECONDS)


def _said(error: Exception) -> str:
    """The text of an error and of all its causes."""
    texts, java = [str(error)], getattr(error, "java_exception", None)
    while java is not None:
        texts.append(str(java.toString()))
        java = java.getCause()
    return "\n".join(texts)


def _first(text: str, words: tuple[str, ...]) -> str | None:
    return next((word for word in words if word in text), None)
