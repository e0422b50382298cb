"""`lake cdk`: runs the CDK's own command line, in the version and with the tools that this repository pins."""

import sys

import click


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run the CDK's own command line with ARGUMENTS.

    As in `lake cdk deploy --context env=prod`. It works in the folder of the repository.
    """
    from scripts.operating.deploy import run_cdk

    sys.exit(run_cdk(*arguments))
