"""The contracts of a git revision."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

from scripts.looking.errors import WrongRequestError
from scripts.setup.paths import ROOT
from shared.contracts import Catalog, load_catalog

PLACE = "shared/contracts"


def catalog_at(revision: str) -> Catalog:
    """The catalog of a revision's contracts, compiled by today's compiler.

    Raises:
        WrongRequestError: git is not installed or does not know the revision, or the revision has no contracts.
        ContractError: today's compiler refuses its contracts.
    """
    words = ["git", "-C", str(ROOT), "archive", "--format=tar", "--end-of-options", revision, PLACE]
    try:
        answer = subprocess.run(words, capture_output=True, check=False)
    except OSError as error:
        raise WrongRequestError(
            "git could not be started", given=str(error), expected="git on the PATH", mend="install it"
        ) from error
    if answer.returncode:
        said = answer.stderr.decode(errors="replace").strip().splitlines()
        raise WrongRequestError(
            f"git has no contracts at {revision}", given=said[0] if said else "", expected="a commit, branch or tag"
        )
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(answer.stdout)) as archive:
        archive.extractall(folder, filter="data")
        return load_catalog.__wrapped__(Path(folder, PLACE))
