"""What runs when: the daily batch, the functions it calls, its schedule and its alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, NestedStack
from aws_cdk import aws_iam as iam

from infra.artifacts import LAMBDAS
from infra.constructs.alarms import Alarms
from infra.constructs.artifact_asset import ArtifactAsset
from infra.constructs.event_function import EventFunction
from infra.constructs.findings import accept, wildcard
from infra.constructs.machine import Machine, job_run_statements
from infra.constructs.machine_schedule import MachineSchedule
from shared.names import RUNS_FOLDER, Names, Token, Variable
from shared.names import Machine as MachineName

if TYPE_CHECKING:
    from constructs import Construct

    from infra.stacks.compute import Compute
    from infra.stacks.storage import Storage
    from shared.config import Environment


class Orchestration(NestedStack):
    """The daily batch and what stands around it."""

    def __init__(
        self, scope: Construct, id_: str, *, environment: Environment, storage: Storage, compute: Compute
    ) -> None:
        super().__init__(scope, id_, description="Lakewright: the daily batch, its functions, schedule and alarms")
        self._environment, self._storage, self._compute = environment, storage, compute
        self._code = ArtifactAsset(self, "Lambdas", artifact=LAMBDAS)
        self._names = Names(environment)
        daily = self._machine(MachineName.DAILY_BATCH, self._on_run_requested(), self._on_steps_finished())
        schedule = MachineSchedule(
            self,
            "DailySchedule",
            name=self._names.schedule(MachineName.DAILY_BATCH),
            when=environment.daily_batch,
            machine=daily.machine,
        )
        alarms = Alarms(self, "Alarms", key=storage.key, email=environment.alarm_email)
        alarms.watch_machine("DailyBatch", daily.machine)
        alarms.watch_queue("DailyBatchNotStarted", schedule.undelivered)
        self.machine_arn = daily.machine.state_machine_arn

    def _machine(self, name: MachineName, on_run_requested: EventFunction, on_steps_finished: EventFunction) -> Machine:
        storage, compute = self._storage, self._compute
        arns = [on_run_requested.function.function_arn, on_steps_finished.function.function_arn]
        return Machine(
            self,
            "DailyBatch",
            name=name,
            environment=self._environment,
            key=storage.key,
            tokens={
                Token.ENV: self._environment.name,
                Token.APPLICATION_ID: compute.application.application_id,
                Token.JOB_ROLE_ARN: compute.job_role.role_arn,
                Token.JOB_TIMEOUT_MINUTES: str(self._environment.spark.job_timeout_minutes),
                Token.ENTRY_POINT: compute.entry_point,
                Token.SPARK_SUBMIT_PARAMETERS: compute.spark_submit_parameters,
                Token.LOG_URI: compute.log_uri,
                Token.LOG_KEY_ARN: storage.key.key_arn,
                Token.LAKE_ROOT: storage.lake.root,
                Token.LANDING_ROOT: storage.landing.root,
                Token.ON_RUN_REQUESTED_ARN: arns[0],
                Token.ON_STEPS_FINISHED_ARN: arns[1],
            },
            statements=[
                iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=arns),
                # Whoever submits a job run needs the key its logs are written with.
                storage.key.use_statement(),
                *job_run_statements(self, job_role=compute.job_role),
            ],
        )

    def _on_run_requested(self) -> EventFunction:
        """The function that claims a run; it may ask about this machine's executions, known by name only.

        The machine's ARN would close a circle, since the machine calls the function.
        """
        execution = f"{self._names.machine(MachineName.DAILY_BATCH)}:*"
        executions = self.format_arn(
            service="states", resource="execution", resource_name=execution, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        known_runs = self._storage.known_runs
        function = self._function(
            "OnRunRequested",
            event="on_run_requested",
            variables={Variable.DEDUPE_TABLE: known_runs.table_name},
            statements=[
                iam.PolicyStatement(actions=["dynamodb:GetItem", "dynamodb:PutItem"], resources=[known_runs.table_arn]),
                iam.PolicyStatement(actions=["states:DescribeExecution"], resources=[executions]),
            ],
        )
        finding = wildcard(f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{execution}")
        accept(
            function.role, {finding: "it asks about the execution that holds a claim, which is any of the machine's"}
        )
        return function

    def _on_steps_finished(self) -> EventFunction:
        lake = self._storage.lake
        function = self._function(
            "OnStepsFinished",
            event="on_steps_finished",
            variables={Variable.LAKE_ROOT: lake.root},
            statements=[*lake.read_statements(RUNS_FOLDER), self._storage.key.use_statement()],
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
