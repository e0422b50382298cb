"""No folder of tests is passed over in silence."""

from fnmatch import fnmatch

from scripts.setup import paths


def test_pytest_looks_into_every_folder_that_has_tests(pytestconfig):
    passed_over = pytestconfig.getini("norecursedirs")
    folders = {
        part for file in (paths.ROOT / "tests").rglob("test_*.py") for part in file.relative_to(paths.ROOT).parts[:-1]
    }

    assert set() == {folder for folder in folders if any(fnmatch(folder, pattern) for pattern in passed_over)}
