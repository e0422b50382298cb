"""Makes every later Spark start faster, by storing the classes that its Java loads in one file."""

from scripts.setup import paths
from scripts.setup.programs import run

PROGRAM = paths.ROOT / "scripts" / "local" / "first_classes.py"


def make_class_archive() -> str:
    """Run some work in a Spark whose Java stores the classes it loaded when it ends; return the result in words.

    A Java without such archives stores none, and Spark then starts as slowly as before.

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
