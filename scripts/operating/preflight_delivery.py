"""Checks whether the role that deploys one environment from GitHub could also deploy another in the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.operating.finding import OK, WARNING, Finding
from scripts.operating.outputs import find_stack
from shared.config import environment_names, load_environment
from shared.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.operating.finding import Caller
    from shared.config import Environment


def delivery(environment: Environment, caller: Caller) -> Iterator[Finding]:
    """Yield a finding if GitHub deploys: its role may assume the roles of all deploys with the same qualifier."""
    if environment.github is None:
        return
    qualifier = environment.bootstrap_qualifier
    others = [load_environment(name) for name in environment_names() if name != environment.name]
    sharing = [o.name for o in others if o.github and o.bootstrap_qualifier == qualifier and _is_here(o)]
    where = f"{caller.account} in {caller.region}"
    if not sharing:
        found = f"no other environment in {where} is deployed from GitHub by the qualifier {qualifier}"
        yield Finding(check="delivery", status=OK, found=found)
        return
    found = f"in {where} the deployers of {', '.join(sharing)} may deploy {environment.name} too, and it them"
    mend = "give each another account, or account.bootstrap_qualifier (docs/deploying.md, Deploying from GitHub)"
    yield Finding(check="delivery", status=WARNING, found=found, mend=mend)


def _is_here(environment: Environment) -> bool:
    """Whether an environment is deployed into this account and region, which its file does not say."""
    return find_stack(Names(environment).stack) is not None
