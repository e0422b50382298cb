"""SNS topics as targets of EventBridge rules: moto 5.2.5 supports queues and log groups, and fails for a topic."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from moto.events.models import Rule
from moto.sns import sns_backends

from scripts.local.patching import once

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Make rules publish to topics; a second call changes nothing."""
    once(Rule, "send_to_targets", _publishing)


def _publishing(original: Callable[..., None]) -> Callable[..., None]:
    def send_to_targets(self: Rule, original_event: Any, transform_input: bool = True) -> None:  # noqa: FBT001, FBT002 - moto's signature
        topics = [target for target in self.targets if target["Arn"].split(":")[2] == "sns"]
        if topics and self.event_pattern.matches_event(original_event):
            for target in topics:
                region = target["Arn"].split(":")[3]
                sns_backends[self.account_id][region].publish(json.dumps(original_event), arn=target["Arn"])
        others = copy.copy(self)
        others.targets = [target for target in self.targets if target not in topics]
        original(others, original_event, transform_input)

    return send_to_targets
