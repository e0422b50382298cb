"""An order for resources of a service that refuses two changes at once."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import CfnResource


def in_turn(resources: Iterable[CfnResource]) -> None:
    """Have CloudFormation make the resources one after the other; by default it makes them all at once."""
    for before, after in pairwise(resources):
        after.add_dependency(before)
