"""The state machines, the functions they call, their schedules and their alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, NestedStack
from aws_cdk import aws_iam as iam

from infra.artifacts import LAMBDAS
from infra.constructs import alarm_descriptions
from infra.constructs.alarms import Alarms
from infra.constructs.artifact_asset import ArtifactAsset
from infra.constructs.backfill import Backfill
from infra.constructs.event_function import EventFunction
from infra.constructs.event_trigger import EventTrigger, job_run_ended
from infra.constructs.freshness_watch import FreshnessWatch
from infra.constructs.landed_files import LandedFiles
from infra.constructs.machine_schedule import MachineSchedule
from infra.constructs.smoke import Smoke
from infra.constructs.state_machine import StateMachine, job_run_statements, job_tokens, step_tokens
from infra.conventions.findings import accept, seen_from_outside, wildcard
from infra.rights.key_use import use_statement
from shared.asl_tokens import Token
from shared.contracts.connections import landing_names
from shared.jobs import brings_up_to_date, steps_of
from shared.names import RUNS_FOLDER, Machine, Names, Variable

if TYPE_CHECKING:
    from constructs import Construct

    from infra.stacks.compute import Compute
    from infra.stacks.storage import Storage
    from shared.config import Environment
    from shared.config.schedule import Schedule
    from shared.contracts import Catalog


class Orchestration(NestedStack):
    """The state machines, their functions, triggers, schedules and alarms."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        catalog: Catalog,
        storage: Storage,
        compute: Compute,
    ) -> None:
        super().__init__(scope, id_, description="Lakewright: the machines, their functions, schedules and alarms")
        self._environment, self._storage, self._compute = environment, storage, compute
        self._code = ArtifactAsset(self, "Lambdas", artifact=LAMBDAS)
        self._names = Names(environment)
        self.alarms = Alarms(self, "Alarms", key=storage.key, email=environment.alarm_email)
        self.alarms.watch_drift("SchemaDrifted", environment.name, description=alarm_descriptions.DRIFT)
        for one in storage.copies:
            self.alarms.watch_copy(f"{one.bucket.node.id}NotCopied", one, description=alarm_descriptions.COPY)
        functions = self._on_run_requested(), self._on_steps_finished()
        self.machines = {name: self._machine(name, *functions) for name in Machine}
        for name, when in environment.schedules.items():
            self._schedule(name, when, has_tables=bool(catalog.of_machine(name)))
        if landing_names(catalog):
            self._start_for_files(catalog)
        self._count_usage()
        self._watch_freshness()
        self.backfill = self._backfill()
        self.smoke = Smoke(self, "Smoke", environment=environment, storage=storage, compute=compute)

    def _schedule(self, name: Machine, when: Schedule, *, has_tables: bool) -> None:
        schedule = MachineSchedule(
            self,
            f"{name.logical_id}Schedule",
            name=self._names.schedule(name),
            when=when,
            has_tables=has_tables,
            machine=self.machines[name].machine,
        )
        id_ = f"{name.logical_id}NotStarted"
        self.alarms.watch_queue(id_, schedule.undelivered, description=alarm_descriptions.unstarted(name))

    def _start_for_files(self, catalog: Catalog) -> None:
        """Let files that land start the machine `file_landed`."""
        landed = LandedFiles(
            self,
            "LandedFiles",
            environment=self._environment,
            catalog=catalog,
            code=self._code,
            storage=self._storage,
            machine=self.machines[Machine.FILE_LANDED].machine,
        )
        self.alarms.watch_queue("LandedFilesUndelivered", landed.undelivered, description=alarm_descriptions.FILES)

    def _backfill(self) -> Backfill:
        function = self._function("OnBackfillRequested", event="on_backfill_requested", variables={}, statements=[])
        made = Backfill(
            self,
            "Backfill",
            environment=self._environment,
            key=self._storage.key,
            partition=self._compute.partition,
            function=function.function,
            machines=self.machines,
        )
        self.alarms.watch_machine("Backfill", made.machine, description=alarm_descriptions.BACKFILL)
        return made

    def _count_usage(self) -> None:
        """Record in the ledger what EMR Serverless bills for each job run, once it ends."""
        lake, application = self._storage.lake, self._compute.application
        job_runs = self.format_arn(
            service="emr-serverless",
            resource="/applications",
            resource_name=f"{application.application_id}/jobruns/*",
        )
        function = self._function(
            "OnJobRunEnded",
            event="on_job_run_ended",
            variables={Variable.LAKE_ROOT: lake.root},
            statements=[
                iam.PolicyStatement(actions=["emr-serverless:GetJobRun"], resources=[job_runs]),
                lake.put_statement(RUNS_FOLDER),
                use_statement(self._storage.key),
            ],
        )
        application_id = seen_from_outside(application.resource, "ApplicationId")
        place = "arn:<AWS::Partition>:emr-serverless:<AWS::Region>:<AWS::AccountId>:/applications"
        accept(
            function.role,
            {
                lake.finding(RUNS_FOLDER): "every run has a folder of its own",
                wildcard(f"{place}/{application_id}/jobruns/*"): "EMR names each job run",
            },
        )
        trigger = EventTrigger(
            self,
            "JobRuns",
            description="A job run has ended, and what it is billed for is known",
            when=job_run_ended(application.application_id),
            function=function.function,
        )
        self.alarms.watch_queue("JobRunUsageUndelivered", trigger.undelivered, description=alarm_descriptions.USAGE)

    def _watch_freshness(self) -> None:
        """Check whether tables are late; those of files are among the daily batch's, and runs by hand count, too."""
        if not self._environment.brought_up_to_date_by:
            return
        watch = FreshnessWatch(
            self,
            "Freshness",
            environment=self._environment,
            code=self._code,
            storage=self._storage,
            machines=[self.machines[n].machine for n in self._environment.schedules if brings_up_to_date(n)],
        )
        self.alarms.watch_freshness("TablesLate", self._environment.name, description=alarm_descriptions.LATE)
        self.alarms.watch_queue("FreshnessCheckUndelivered", watch.undelivered, description=alarm_descriptions.UNLOOKED)

    def _machine(self, name: Machine, requested: EventFunction, finished: EventFunction) -> StateMachine:
        storage, compute = self._storage, self._compute
        arns = [requested.function.function_arn, finished.function.function_arn]
        made = StateMachine(
            self,
            name.logical_id,
            name=name,
            definition=name.definition,
            environment=self._environment,
            key=storage.key,
            tokens={
                Token.MACHINE: name.value,
                **job_tokens(self._environment, storage, compute),
                **step_tokens(compute, steps_of(name)),
                Token.ON_RUN_REQUESTED_ARN: arns[0],
                Token.ON_STEPS_FINISHED_ARN: arns[1],
            },
            statements=[
                iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=arns),
                # Whoever submits a job run needs the key its logs are written with.
                use_statement(storage.key),
                *job_run_statements(self, compute=compute, steps=steps_of(name)),
            ],
        )
        self.alarms.watch_machine(name.logical_id, made.machine, description=alarm_descriptions.runs_of(name))
        return made

    def _on_run_requested(self) -> EventFunction:
        """The function that claims a run; it may describe executions of the machines, which it knows by name.

        With a machine's ARN the two would depend on each other, since the machine calls the function.
        """
        names = [f"{self._names.machine(name)}:*" for name in Machine]
        executions = [
            self.format_arn(
                service="states", resource="execution", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
            )
            for name in names
        ]
        known_runs = self._storage.known_runs
        function = self._function(
            "OnRunRequested",
            event="on_run_requested",
            variables={Variable.KNOWN_RUNS_TABLE: known_runs.table_name},
            statements=[
                iam.PolicyStatement(actions=["dynamodb:GetItem", "dynamodb:PutItem"], resources=[known_runs.table_arn]),
                iam.PolicyStatement(actions=["states:DescribeExecution"], resources=executions),
            ],
        )
        reason = "it asks about the execution that holds a claim, which is any of the machine's"
        place = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:"
        accept(function.role, {wildcard(place + name): reason for name in names})
        return function

    def _on_steps_finished(self) -> EventFunction:
        lake = self._storage.lake
        function = self._function(
            "OnStepsFinished",
            event="on_steps_finished",
            variables={Variable.LAKE_ROOT: lake.root},
            statements=[*lake.lookup_statements(RUNS_FOLDER), use_statement(self._storage.key)],
        )
        accept(function.role, {lake.finding(RUNS_FOLDER): "every run has a folder of its own"})
        return function

    def _function(
        self, id_: str, *, event: str, variables: dict[Variable, str], statements: list[iam.PolicyStatement]
    ) -> EventFunction:
        return EventFunction(
            self,
            id_,
            event=event,
            environment=self._environment,
            code=self._code,
            key=self._storage.key,
            variables=variables,
            statements=statements,
        )
