"""Builds one artifact if `dist/` lacks it, and prints its path: `python -m scripts.packaging jobs`; all without a name.

`cdk deploy` runs this for artifacts that the bucket lacks, and reads the path from standard output.
"""

import sys

from infra.artifacts import ARTIFACTS
from scripts.packaging.build import build
from scripts.setup.errors import SetupError
from shared.errors import LakewrightError, UnknownNameError

EXIT_RED = 1


def main(names: list[str]) -> None:
    """Build some artifacts, or all of them if none is named, and print their paths.

    Raises:
        UnknownNameError: there is no such artifact.
    """
    for name in names or ARTIFACTS:
        if name not in ARTIFACTS:
            raise UnknownNameError("artifact", name, sorted(ARTIFACTS))
        sys.stdout.write(f"{build(ARTIFACTS[name])}\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (LakewrightError, SetupError) as error:
        sys.stderr.write(f"packaging: {error}\n")
        sys.exit(EXIT_RED)
