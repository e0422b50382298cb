"""A file is named after what is in it: a helper without a home is a missing noun."""

import pytest

from scripts.setup import paths
from tests.architecture.wings import OURS, python_files

HOMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "stuff"}
CONSTANTS_LINES = 60


@pytest.mark.parametrize("room", OURS)
def test_no_file_or_folder_is_named_after_a_kind_of_helper(room):
    named = [file for file in python_files(room) if HOMELESS & set(file.with_suffix("").parts)]

    assert [] == [str(file) for file in named]


def test_constants_that_are_many_have_homes():
    found = [file for file in python_files(*OURS) if file.name == "constants.py"]

    assert [] == [str(file) for file in found if _length(file) > CONSTANTS_LINES]


def _length(file):
    return len((paths.ROOT / file).read_text(encoding="utf-8").splitlines())
