"""`lake schemas` shows, writes and compares schemas."""

import json

import pytest
from click.testing import CliRunner

from scripts.cli.schemas import command
from shared.errors import UnknownNameError


def ask(*arguments):
    return CliRunner().invoke(command, [*map(str, arguments)])


@pytest.mark.examples
def test_schemas_are_written_and_agree_with_themselves(tmp_path):
    written = ask("--output", tmp_path)
    compared = ask("--against", tmp_path, "--json")

    assert (0, 0) == (written.exit_code, compared.exit_code)
    found = json.loads(compared.stdout)
    assert {f"{s['name']}{suffix}" for s in found for suffix in (".avsc", ".schema.json")} == {
        f.name for f in tmp_path.iterdir()
    }
    assert {"orders_event", "customer_profile", "kafka__order_events"} <= {s["name"] for s in found}
    assert json.loads((tmp_path / "orders_event.avsc").read_text()) == json.loads(ask("orders_event").stdout)


@pytest.mark.examples
def test_a_break_is_told_and_ends_red(tmp_path):
    ask("--output", tmp_path, "orders_event")
    older = json.loads((tmp_path / "orders_event.avsc").read_text())
    older["fields"] = [f | ({"type": "string"} if f["name"] == "order_id" else {}) for f in older["fields"]]
    (tmp_path / "orders_event.avsc").write_text(json.dumps(older))

    compared = ask("--against", tmp_path)

    assert 1 == compared.exit_code
    assert "cannot read older rows: order_id: was string, is long" in compared.stdout


def test_a_name_without_schema_is_refused():
    assert isinstance(ask("nothing").exception, UnknownNameError)
