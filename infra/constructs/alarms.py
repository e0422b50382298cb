"""The topic of alarms and of the lake's own events, and the alarms on machines, queues and other resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.constructs import alarm_descriptions
from infra.constructs.replication import RULE, ReplicatedBucket
from infra.constructs.undelivered_queue import DELIVERIES, KEPT_FOR, undelivered_queue
from infra.rights.key_use import use_statement
from shared.events import BECAME_LATE, EVENT_SOURCE, SCHEMA_DRIFTED
from shared.freshness import CHECK_INTERVAL
from shared.metrics import NAMESPACE, TABLES_LATE, dimensions

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn

    from infra.constructs.spark_application import SparkApplication

PERIOD = Duration.minutes(5)


class Alarms(Construct):
    """An encrypted topic, with a subscription by mail if there is an address, and the alarms that publish to it.

    An event of the lake that could not be delivered to the topic waits in a queue, which has an alarm of its own.

    The person on call sees an alarm's name and description: what happened, and where the manual says what to do.

    Example:
        Alarms(self, "Alarms", key=key, email="oncall@example.com").watch_queue("RowsNotTaken", queue, description="…")
    """

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey, email: str | None) -> None:
        super().__init__(scope, id_)
        self._key = key
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True, master_key=key)
        self._admit_alarms()
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        self._undelivered = undelivered_queue(self)
        self.watch_queue("EventsUndelivered", self._undelivered, description=alarm_descriptions.EVENTS)

    def watch_machine(self, id_: str, machine: sfn.IStateMachine, *, description: str) -> None:
        """Alarm as soon as one execution failed, ran out of time or was stopped; the description names the machine."""
        for end, words, metric in (
            ("Failed", "failed", machine.metric_failed(period=PERIOD)),
            ("TimedOut", "ran out of time", machine.metric_timed_out(period=PERIOD)),
            ("Aborted", "was stopped", machine.metric_aborted(period=PERIOD)),
        ):
            self._on_first(f"{id_}{end}", metric, f"An execution {words}: {description}")

    def watch_queue(self, id_: str, queue: sqs.IQueue, *, description: str) -> None:
        """Alarm as soon as a message waits in a queue that ought to be empty."""
        waiting = queue.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum")
        self._on_first(id_, waiting, description)

    def watch_application(self, id_: str, application: SparkApplication, *, description: str) -> None:
        """Alarm as soon as a job run of an EMR Serverless application failed."""
        # Source: EMR Serverless user guide, "Application-level monitoring": the older metrics, which have the id
        # alone, are no longer written.
        dimensions_map = {"ApplicationId": application.application_id, "ApplicationName": application.name}
        self._on_first(id_, _count("AWS/EMRServerless", "FailedJobs", dimensions_map), description)

    def watch_api(self, id_: str, api_id: str, *, description: str) -> None:
        """Alarm as soon as an HTTP API answered with a server error (5xx); errors of its callers (4xx) do not count."""
        self._on_first(id_, _count("AWS/ApiGateway", "5xx", {"ApiId": api_id}), description)

    def watch_copy(self, id_: str, replicated: ReplicatedBucket, *, description: str) -> None:
        """Alarm as soon as an object of a bucket could not be copied to another region."""
        dimensions_map = {
            "SourceBucket": replicated.bucket.bucket_name,
            "DestinationBucket": replicated.copy,
            "RuleId": RULE,
        }
        self._on_first(id_, _count("AWS/S3", "OperationsFailedReplication", dimensions_map), description)

    def watch_drift(self, id_: str, environment: str, *, description: str) -> None:
        """Forward events about drifting sources to the topic."""
        self._forward_to_topic(id_, SCHEMA_DRIFTED, environment, description)

    def watch_freshness(self, id_: str, environment: str, *, description: str) -> None:
        """Alarm as long as a table is older than promised, and forward to the topic which tables have become so."""
        # Long enough for several checks, so that a missed one does not end the alarm.
        period = Duration.seconds(CHECK_INTERVAL.total_seconds() * 4)
        late = _count(NAMESPACE, TABLES_LATE, dimensions(environment), statistic="Maximum", period=period)
        self._on_first(id_, late, description)
        self._forward_to_topic(f"{id_}ToTopic", BECAME_LATE, environment, description)

    def _forward_to_topic(self, id_: str, detail_type: str, environment: str, description: str) -> None:
        """Forward the lake's own events to the topic unchanged, with a role that may do nothing else."""
        only_ours = {"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
        rules = iam.ServicePrincipal("events.amazonaws.com", conditions=only_ours)
        role = iam.Role(self, f"{id_}Role", assumed_by=rules)
        role.add_to_policy(iam.PolicyStatement(actions=["sns:Publish"], resources=[self.topic.topic_arn]))
        role.add_to_policy(use_statement(self._key))
        events.Rule(
            self,
            id_,
            description=description,
            event_pattern=events.EventPattern(
                source=[EVENT_SOURCE], detail_type=[detail_type], detail={"env": [environment]}
            ),
            # By itself, the target would also grant every action that makes a data key.
            targets=[
                targets.SnsTopic(
                    self.topic,
                    role=role.without_policy_updates(),
                    dead_letter_queue=self._undelivered,
                    retry_attempts=DELIVERIES,
                    max_event_age=KEPT_FOR,
                )
            ],
        )

    def _on_first(self, id_: str, metric: cloudwatch.Metric, description: str) -> None:
        alarm = metric.create_alarm(
            self,
            id_,
            alarm_description=description,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))

    def _admit_alarms(self) -> None:
        """Let alarms publish: the policy that enforces TLS replaces the default policy, which would let them."""
        stack = Stack.of(self)
        alarms = stack.format_arn(
            service="cloudwatch", resource="alarm", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {"aws:SourceArn": alarms},
                },
            )
        )


def _count(
    namespace: str, name: str, dimensions: dict[str, str], *, statistic: str = "Sum", period: Duration = PERIOD
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace, metric_name=name, dimensions_map=dimensions, statistic=statistic, period=period
    )
