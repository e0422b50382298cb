"""The local CloudFormation: deploys templates into moto, by handlers that refuse what they do not know."""

from __future__ import annotations

from scripts.local.cloudformation import engine, protection, registry, resources, stacks, templates
from scripts.local.cloudformation.errors import TemplateError

__all__ = ["TemplateError", "install", "known_types"]


def known_types() -> list[str]:
    """The resource types that the local account knows."""
    resources.load()
    return registry.known_types()


def install() -> None:
    """Make moto's CloudFormation use the handlers of this package."""
    resources.load()
    templates.install()
    engine.install()
    stacks.install()
    protection.install()
