"""`lake docs` writes pages, with the state of a lake if one is given."""

from click.testing import CliRunner

from scripts.cli.root import root


def test_pages_are_written_with_the_state_of_the_lake(ask, tmp_path):
    told = ask("docs", "--output", str(tmp_path / "pages"))
    assert (0, "") == (told.exit_code, told.stderr)
    assert f"{tmp_path}/pages/index.html: 13 files about 10 tables\n" == told.stdout
    assert "written 20" in (tmp_path / "pages" / "silver.orders.html").read_text()


def test_contracts_are_enough(shop, monkeypatch, tmp_path):
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: shop[1])
    told = CliRunner().invoke(root, ["docs", "--output", str(tmp_path)])
    assert 0 == told.exit_code
    assert "written 20" not in (tmp_path / "silver.orders.html").read_text()


def test_place_without_a_lake_is_said_to_be_none(tmp_path):
    told = CliRunner().invoke(root, ["docs", "--root", str(tmp_path), "--output", str(tmp_path / "pages")])
    assert told.exit_code != 0
    assert "there is no lake at" in str(told.exception or told.output)
    assert not (tmp_path / "pages").exists()
