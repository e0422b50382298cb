"""The root of the command line: finds a command by its file, and loads it only when it is called.

A command `x-y` is a file `x_y.py` in this folder with a click command (or group) named `command`; the first line of
that function's docstring is its line in `lake --help`.
"""

import ast
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import click

FOLDER = Path(__file__).parent
# The parts of `lake --help`, and the commands in them, in the order in which they are shown.
GROUPS = {
    "Run": ("demo", "run", "backfill", "generate"),
    "Inspect": ("tables", "runs", "sql", "trace", "quarantine", "reconcile", "freshness", "plan", "docs", "serve"),
    "Recover and erase": ("rollback", "recover", "erase", "detokenize"),
    "AWS": ("preflight", "deploy", "smoke", "secrets", "access", "drift", "replacements", "teardown", "cdk"),
    "Develop": ("check", "test", "bench", "schemas", "synth"),
}
COMMAND = "command"


class CommandsByFile(click.Group):
    """A click group whose commands are the files of a folder; to list them, the files are parsed but not imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Return the names of all commands, sorted."""
        return sorted(self._files())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (as above)
        """Import the file of one command and return the command; None if there is no such file."""
        file = self._files().get(cmd_name)
        if file is None:
            return None
        command: click.Command = getattr(import_module(f"{__package__}.{file.stem}"), COMMAND)
        command.name = cmd_name
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called; for an unknown one, fail with the list of commands."""
        if args[0] not in self._files() and not args[0].startswith("-"):
            ctx.fail(f"unknown command {args[0]!r}; the commands are {', '.join(self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their first lines, in milliseconds: no command's libraries are loaded."""
        files = self._files()
        # This makes the descriptions of all groups begin in the same column.
        widest = max(map(len, files))
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), _summary(files[name])) for name in names])

    @staticmethod
    def _files() -> dict[str, Path]:
        return {file.stem.replace("_", "-"): file for file in FOLDER.glob("*.py") if _definition(file)}


def _definition(file: Path) -> ast.FunctionDef | None:
    """Return the function named `command` at the top of a file; files without one are helpers."""
    statements: Sequence[ast.stmt] = ast.parse(file.read_text(encoding="utf-8")).body
    return next((s for s in statements if isinstance(s, ast.FunctionDef) and s.name == COMMAND), None)


def _summary(file: Path) -> str:
    definition = _definition(file)
    docstring = ast.get_docstring(definition) if definition else None
    return (docstring or "").partition("\n")[0].rstrip(".")


@click.group(cls=CommandsByFile, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(version("lakewright"), prog_name="lake", message="%(prog)s %(version)s")
def root() -> None:
    """Run, inspect and look after the lake, on this computer or on AWS."""
