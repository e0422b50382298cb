"""Lets every later Spark start sooner: the classes that its Java loads and checks are kept in one file."""

from scripts.setup import paths
from scripts.setup.programs import run

PROGRAM = paths.ROOT / "scripts" / "local" / "first_classes.py"


def make_class_archive() -> str:
    """Run a small piece of work in a Spark that writes down, as it ends, the classes it needed.

    A Java that keeps no such archives leaves none, and Spark then starts as slowly as without.

    Raises:
        SetupError: Spark does not run on this machine.
    """
    paths.CLASS_ARCHIVE.unlink(missing_ok=True)
    run(
        [paths.VENV_PYTHON, "-m", "scripts.local.first_classes", paths.CLASS_ARCHIVE],
        what="Spark could not be tried",
        mend="see what Java says above: memory, or a folder for temporary files; then run the command again",
        settings={"JAVA_HOME": str(paths.JAVA_HOME), "PYSPARK_PYTHON": str(paths.VENV_PYTHON)},
    )
    if not paths.CLASS_ARCHIVE.exists():
        return "not kept: this Java has no way to"
    return f"{paths.CLASS_ARCHIVE.stat().st_size // 2**20} MiB in {paths.CLASS_ARCHIVE.relative_to(paths.ROOT)}"
