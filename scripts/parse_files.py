"""Parses every data file in the repository, so that a typing error is found before anything runs."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import yaml

from scripts.repository_files import repository_files
from scripts.setup import paths


def _read_yaml(text: str) -> None:
    for _ in yaml.safe_load_all(text):
        pass


PARSERS: dict[str, Callable[[str], object]] = {
    ".json": json.loads,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
    ".toml": tomllib.loads,
}


def unreadable_files(root: Path = paths.ROOT) -> list[str]:
    """Return one line `file: reason` for each JSON (state machines too), YAML or TOML file that cannot be parsed."""
    failures = []
    for file in repository_files(*PARSERS, root=root):
        try:
            PARSERS[file.suffix](file.read_text(encoding="utf-8"))
        except (ValueError, yaml.YAMLError) as error:
            failures.append(f"{file.relative_to(root)}: {error}")
    return failures
