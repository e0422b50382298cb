"""One environment's settings: a YAML file per environment, read through one frozen model."""

from shared.config.model import Environment, Network, WorkerSize, environment_names, load_environment

__all__ = ["Environment", "Network", "WorkerSize", "environment_names", "load_environment"]
