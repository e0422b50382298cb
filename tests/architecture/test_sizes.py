"""Files and functions stay small enough to be read in one go."""

import ast

from scripts.setup import paths
from tests.architecture.wings import WINGS, python_files

FILE_LINES = 250
FUNCTION_LINES = 70


def test_no_file_is_longer_than_a_reader_takes_in():
    lengths = {file: len((paths.ROOT / file).read_text(encoding="utf-8").splitlines()) for file in _files()}

    assert {} == {str(file): length for file, length in lengths.items() if length > FILE_LINES}


def test_no_function_is_longer_than_a_screen():
    found = {
        f"{file}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for file in _files()
        for node in ast.walk(ast.parse((paths.ROOT / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {} == {place: length for place, length in found.items() if length > FUNCTION_LINES}


def _files():
    return python_files(*WINGS, "shared", "scripts")
