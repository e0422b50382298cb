"""Downloads third-party packages in the versions of the lock, for a machine that may be another than this one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from scripts.packaging.binaries import require_runnable
from scripts.setup import paths
from scripts.setup.programs import run

if TYPE_CHECKING:
    from pathlib import Path

    from infra.artifacts import Target

EXPORT = ("export", "--frozen", "--quiet", "--no-emit-project", "--no-default-groups", "--no-header", "--no-annotate")
INSTALL = ("pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "--no-compile-bytecode")
MEND = "check the network and uv's settings for your package index, then deploy again"


def install_group(group: str, target: Target, folder: Path) -> None:
    """Unpack the wheels that `shared/` and one dependency group need into a folder.

    Nothing is built or run: a package without a wheel for the target is an error. Scripts are left out, since they
    name this machine's interpreter, and so is bytecode, which differs from build to build.

    Raises:
        SetupError: a package could not be downloaded, or does not run on the target.
    """
    folder.mkdir(parents=True, exist_ok=True)
    requirements = folder / "requirements.txt"
    run(
        [paths.UV, *EXPORT, "--group", group, "--output-file", requirements],
        what=f"the packages of group {group} could not be read from the lock",
        mend=MEND,
    )
    platform = ("--python-platform", target.platform, "--python-version", target.python)
    run(
        [paths.UV, *INSTALL, *platform, "--target", folder, "--requirements", requirements],
        what=f"the packages of group {group} could not be installed for {target.platform}, Python {target.python}",
        mend=MEND,
    )
    requirements.unlink()
    shutil.rmtree(folder / "bin", ignore_errors=True)
    (folder / ".lock").unlink(missing_ok=True)
    require_runnable(folder, target)
