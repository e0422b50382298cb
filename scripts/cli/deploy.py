"""`lake deploy`: deploys an environment to AWS, with checks before and a test run after."""

from __future__ import annotations

import sys

import click


@click.command()
@click.argument("env")
@click.option("--yes", is_flag=True, help="Deploy what the difference shows without asking.")
@click.option("--no-trial-run", is_flag=True, help="Start no daily batch afterwards.")
def command(env: str, *, yes: bool, no_trial_run: bool) -> None:
    """Deploy ENV, then start a daily batch to try it.

    It checks the account first, shows the difference and asks.
    """
    from scripts.cli.preflight import show
    from scripts.operating.deploy import cdk, trial_run
    from scripts.operating.finding import FAILED
    from scripts.operating.preflight import preflight
    from shared.config import load_environment

    environment = load_environment(env)
    findings = preflight(environment)
    show(findings)
    if any(finding.status == FAILED for finding in findings):
        click.echo("lake: the account is not ready; nothing was deployed", err=True)
        sys.exit(1)
    cdk(environment, "diff", mend="fix what the CDK reports above; nothing was deployed")
    if not yes:
        click.confirm(f"Deploy this to {environment.name}?", abort=True)
    rolled_back = "fix it and deploy again: a deploy that failed has been rolled back"
    cdk(environment, "deploy", "--require-approval", "never", mend=rolled_back)
    if not no_trial_run:
        click.echo(f"tried: {trial_run(environment)}")
