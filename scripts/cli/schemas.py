"""`lake schemas`: Avro and JSON Schemas of incoming and published rows, generated from the contracts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from scripts.cli.output import print_json
from scripts.cli.request import prints_json

AVRO, JSON = ".avsc", ".schema.json"
EXIT_RED = 1


@click.command()
@click.argument("name", required=False)
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Write the schemas to this folder.")
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Compare them with the Avro schemas in this folder; code 1 if rows written under these cannot be read.",
)
@prints_json
def command(name: str | None, output: Path | None, against: Path | None, as_json: bool) -> None:
    """Show, write or compare Avro and JSON Schemas of contracts.

    They are made from the contracts, of all tables or of the one NAME.
    """
    found = _found(name)
    if output:
        output.mkdir(parents=True, exist_ok=True)
        for schema in found:
            for suffix, content in ((AVRO, schema["avro"]), (JSON, schema["json_schema"])):
                (output / f"{schema['name']}{suffix}").write_text(
                    json.dumps(content, indent=2) + "\n", encoding="utf-8"
                )
    if against:
        found = [schema | {"breaks": _breaks(schema, against)} for schema in found]
    print_json(found) if as_json else _print(found, output, whole=name is not None and not (output or against))
    if any(schema.get("breaks") for schema in found):
        raise click.exceptions.Exit(EXIT_RED)


def _found(name: str | None) -> list[dict[str, Any]]:
    from shared.contracts import load_catalog
    from shared.errors import UnknownNameError
    from shared.schemas.generate import avro_schema, described, json_schema

    tables = dict(described(load_catalog()))
    if name is not None and name not in tables:
        raise UnknownNameError("schema", name, sorted(tables))
    return [
        {"name": n, "table": str(t.name), "avro": avro_schema(n, t), "json_schema": json_schema(n, t)}
        for n, t in tables.items()
        if name in (None, n)
    ]


def _breaks(schema: dict[str, Any], folder: Path) -> list[str]:
    from shared.schemas.compatibility import backward_breaks

    older = folder / f"{schema['name']}{AVRO}"
    return backward_breaks(json.loads(older.read_text(encoding="utf-8")), schema["avro"]) if older.exists() else []


def _print(found: list[dict[str, Any]], output: Path | None, *, whole: bool) -> None:
    if whole:
        click.echo(json.dumps(found[0]["avro"], indent=2))
        return
    for schema in found:
        click.echo(f"{schema['name']:32} {schema['table']:32} {len(schema['avro']['fields'])} fields")
        for told in schema.get("breaks", ()):
            click.echo(f"  cannot read older rows: {told}")
    if output:
        click.echo(f"{output}: {2 * len(found)} schemas, {AVRO} and {JSON}")
