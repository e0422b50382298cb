"""The local CloudFormation: templates are deployed into moto by handlers that refuse what they do not know."""

from __future__ import annotations

from scripts.local.cloudformation import engine, protection, registry, resources, stacks, templates
from scripts.local.cloudformation.errors import TemplateError

__all__ = ["TemplateError", "install", "known_types"]


def known_types() -> list[str]:
    """The types the local account knows."""
    resources.load()
    return registry.known_types()


def install() -> None:
    """Let moto's CloudFormation use the handlers of this package."""
    resources.load()
    templates.install()
    engine.install()
    stacks.install()
    protection.install()
