"""How jobs reach source systems and publishing targets: by a secret, or by a parameter if the address is not secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import NestedStack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from infra.constructs.pii_key import close_secret_to_others
from infra.constructs.redshift_access import RedshiftAccess
from infra.conventions.findings import accept
from infra.conventions.retention import KEPT
from shared.contracts.connections import (
    kafka_systems,
    publishing_connections,
    redshift_databases,
    secret_systems,
    source_systems,
    web_systems,
)
from shared.names import pii_key_secret, source_parameter, source_secret
from shared.replica_names import copy_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from infra.constructs.place import Place
    from shared.config import Environment
    from shared.contracts import Catalog


class Secrets(NestedStack):
    """One secret for each system that needs one, without a value: a template never carries a credential.

    It also has the key that personal values are hashed with, which is generated once and stays.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        catalog: Catalog,
        key: kms.IKey,
        lake: Place,
    ) -> None:
        super().__init__(scope, id_, description="Lakewright: how the source systems are reached")
        self._replicas = _replicas(environment)
        self._secrets = {s: self._secret(environment, s, key) for s in secret_systems(catalog)}
        self._sources, self._publishing = source_systems(catalog), publishing_connections(catalog)
        self._pii_secret = self._pii_key(environment, key)
        self._warehouses = {
            system: RedshiftAccess(
                self,
                system.capitalize(),
                warehouse=environment.sources[system],
                databases=databases,
                lake=lake,
                key=key,
            )
            for system, databases in redshift_databases(catalog).items()
            if system in environment.sources
        }
        self._parameters = {
            source: ssm.StringParameter(
                self,
                f"{source.capitalize()}Address",
                parameter_name=source_parameter(environment.name, source),
                string_value=self._warehouses[source].parameter_value if source in self._warehouses else address,
            )
            for source, address in sorted(environment.sources.items())
        }
        # Parameters that are written elsewhere: for a Kafka cluster, by the nested stack that makes it; for a web file,
        # by hand, if its address is to differ from the contract's. For a Redshift that is not named yet, only those who
        # may read the parameter are told that there is none; SSM refuses all others.
        external = {*kafka_systems(catalog), *web_systems(catalog), *redshift_databases(catalog)}
        self._external_parameters = {
            system: self.format_arn(
                service="ssm",
                resource="parameter",
                resource_name=source_parameter(environment.name, system).strip("/"),
            )
            for system in sorted(external - set(environment.sources))
        }

    def source_statements(self) -> list[iam.PolicyStatement]:
        """The rights to read the secrets and parameters of sources, and to run statements in a Redshift; no others."""
        systems = [*self._sources, *self._parameters, *self._warehouses, *self._external_parameters]
        return self.system_statements(systems)

    def system_statements(self, systems: Iterable[str]) -> list[iam.PolicyStatement]:
        """The same rights for some systems only."""
        known = dict.fromkeys(systems)
        parameters = {system: parameter.parameter_arn for system, parameter in self._parameters.items()}
        parameters |= self._external_parameters
        arns = {
            "secretsmanager:GetSecretValue": [self._secrets[s].ref for s in known if s in self._secrets],
            "ssm:GetParameter": [parameters[s] for s in known if s in parameters],
        }
        reading = [iam.PolicyStatement(actions=[action], resources=those) for action, those in arns.items() if those]
        warehouses = [self._warehouses[s] for s in known if s in self._warehouses]
        return reading + [s for warehouse in warehouses for s in warehouse.job_statements()]

    def publishing_statements(self) -> list[iam.PolicyStatement]:
        """The right to read the connections by which tables are published, and no others; nothing if there are none."""
        arns = [self._secrets[connection].ref for connection in self._publishing]
        return [iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=arns)] if arns else []

    def pii_key_statement(self) -> iam.PolicyStatement:
        """The right to read the key that personal values are hashed with."""
        return iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[self._pii_secret.ref])

    @property
    def reads_redshift(self) -> bool:
        """Whether contracts read a Redshift whose address the environment has."""
        return bool(self._warehouses)

    def _secret(self, environment: Environment, system: str, key: kms.IKey) -> secretsmanager.CfnSecret:
        secret = secretsmanager.CfnSecret(
            self,
            "".join(word.capitalize() for word in system.split("_")),
            name=source_secret(environment.name, system),
            description=f"Connection to {system}, as JSON; filled by hand, never by a deploy",
            kms_key_id=key.key_arn,
            replica_regions=self._replicas,
        )
        secret.apply_removal_policy(KEPT)
        accept(secret, {"AwsSolutions-SMG4": "the source system owns the credential and rotates it"})
        return secret

    def _pii_key(self, environment: Environment, key: kms.IKey) -> secretsmanager.CfnSecret:
        secret = secretsmanager.CfnSecret(
            self,
            "PiiKey",
            name=pii_key_secret(environment.name),
            description="Keys that personal values are hashed with, as JSON, every version that was ever current",
            # Never change the generator: it would make another key, and with it other hashes of all personal values.
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                secret_string_template='{"current": "k1"}',  # noqa: S106 - which of the versions is current
                generate_string_key="k1",
                password_length=64,
                exclude_punctuation=True,
            ),
            kms_key_id=key.key_arn,
            replica_regions=self._replicas,
        )
        secret.apply_removal_policy(KEPT)
        # With the key, hashes of values such as telephone numbers can be reversed by trying all possible values.
        close_secret_to_others(secret)
        accept(
            secret, {"AwsSolutions-SMG4": "a new version makes new hashes, so it is added by hand and never in place"}
        )
        return secret


def _replicas(environment: Environment) -> list[secretsmanager.CfnSecret.ReplicaRegionProperty] | None:
    """Replicate each secret to the region of the lake's copy, which is worth little without them."""
    if environment.replica is None:
        return None
    alias = copy_key(environment.name, is_personal=False)
    return [secretsmanager.CfnSecret.ReplicaRegionProperty(region=environment.replica.region, kms_key_id=alias)]
