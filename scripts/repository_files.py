"""Lists the repository's own files, without built, downloaded and ignored ones."""

import subprocess
from pathlib import Path

from scripts.setup import paths


def repository_files(*suffixes: str, root: Path = paths.ROOT) -> list[Path]:
    """Return the files that git tracks or would add, sorted; if suffixes are given, only those that end so."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    # A file deleted but not yet committed is still listed.
    files = (root / name for name in sorted(set(listed.split("\0"))) if name)
    return [file for file in files if file.is_file() and (not suffixes or file.name.endswith(suffixes))]
