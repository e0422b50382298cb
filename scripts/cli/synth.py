"""`lake synth`: writes the CloudFormation templates of an environment, without an account, Docker or network access."""

import shlex
from pathlib import Path

import click

from scripts.synthesis import assembly
from shared.config import load_environment


@click.command()
@click.option("--env", default="dev", show_default=True, help="The environment, a file in shared/config/.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("cdk.out"),
    show_default=True,
    help="The folder to write to; what is in it is replaced.",
)
@click.option(
    "--root", type=click.Path(path_type=Path), help="A folder that takes the place of the buckets, as on a laptop."
)
def command(env: str, output: Path, root: Path | None) -> None:
    """Write the CloudFormation templates of an environment."""
    load_environment(env)  # an unknown name is refused at once, before the CDK is started
    folder = assembly(env, root.resolve() if root else None, output, validate=True)
    templates = len(list(folder.glob("*.template.json")))
    click.echo(f"{folder}: {templates} templates; deploy with: ./lake cdk deploy --app {shlex.quote(str(folder))}")
