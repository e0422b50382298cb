"""`lake teardown`: deletes an environment from AWS; its data stays unless its deletion is requested and allowed."""

from __future__ import annotations

import sys

import click


@click.command()
@click.argument("env")
@click.option("--confirm", metavar="ENV", required=True, help="Repeat the environment's name.")
@click.option("--delete-data-of", metavar="ENV", help="Delete its data too; its file must allow that as well.")
def command(env: str, confirm: str, delete_data_of: str | None) -> None:
    """Delete the stack of ENV and keep its data.

    What is kept is listed: buckets, tables, secrets and the key.
    """
    from scripts.operating import teardown
    from shared.config import load_environment
    from shared.errors import TerminalError
    from shared.replica_names import copy_stack

    environment = load_environment(env)
    if confirm != environment.name:
        raise TerminalError("nothing was deleted: another name was given", given=confirm, expected=environment.name)
    if delete_data_of is not None:
        teardown.require_both_keys(environment, delete_data_of)
    kept = teardown.kept_by(environment)
    if delete_data_of is not None:
        for bucket in (each for each in kept if each.kind == "AWS::S3::Bucket"):
            click.echo(f"{bucket.kind}  {bucket.name}  {teardown.empty(bucket)}")
    teardown.delete_stack(environment)
    is_deleted = delete_data_of is not None
    deletions = teardown.delete_all(kept) if is_deleted else [teardown.Deletion(each, "kept") for each in kept]
    failed = False
    for deletion in deletions:
        click.echo(f"{deletion.leftover.kind}  {deletion.leftover.name}  {deletion.said}")
        failed = failed or deletion.failed
    if environment.replica:
        copy = f"{copy_stack(environment.name)} in {environment.replica.region}"
        click.echo(f"{teardown.NESTED}  {copy}  kept, with the copy of the data: not taken away by this command")
    sys.exit(1 if failed else 0)
