"""One environment's settings: a YAML file per environment, read through one frozen model."""

from shared.config.kafka import Kafka
from shared.config.model import Environment, environment_names, load_environment
from shared.config.network import Network
from shared.config.spark import WorkerSize

__all__ = ["Environment", "Kafka", "Network", "WorkerSize", "environment_names", "load_environment"]
