"""Sets up what is missing, then replaces itself by the command line."""

import codecs
import fcntl
import locale
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from scripts.setup import paths
from scripts.setup.errors import SetupError
from scripts.setup.programs import own_environment
from scripts.setup.stamp import digest, read_stamp, write_stamp
from scripts.setup.steps import Step, all_steps

EXIT_RED = 1
EXIT_INTERRUPTED = 130


def launch(arguments: Sequence[str]) -> NoReturn:
    """Set up what is missing, then run `lake` with the given arguments; never returns."""
    try:
        set_up()
    except SetupError as error:
        say(f"error: {error}")
        sys.exit(EXIT_RED)
    except KeyboardInterrupt:
        say("stopped; the next call goes on from here")
        sys.exit(EXIT_INTERRUPTED)
    # Without -P, a folder `scripts` in the current directory would be imported instead of ours.
    command = [str(paths.VENV_PYTHON), "-P", "-m", "scripts.cli", *arguments]
    os.execve(command[0], command, runtime_environment())


def set_up() -> None:
    """Run the steps that are not done; this takes milliseconds if all are.

    Raises:
        SetupError: A step failed. The steps before it stay done.
    """
    if not _missing(read_stamp()):
        return
    with _only_one_at_a_time():
        done = read_stamp()
        missing = _missing(done)
        if missing:
            say("setting up what is missing: " + ", ".join(step.name for step in missing))
        for step in missing:
            started = time.monotonic()
            outcome = step.action()
            done[step.name] = digest(step.inputs)
            write_stamp(done)
            say(f"  {step.name}: {outcome} ({time.monotonic() - started:.1f} s)")


def runtime_environment() -> dict[str, str]:
    """Return the environment in which Spark, jsii and the tools of Node find our versions of everything."""
    programs = (paths.VENV / "bin", paths.JAVA_HOME / "bin", paths.NODE_HOME / "bin")
    return own_environment(
        PATH=os.pathsep.join([*map(str, programs), os.environ.get("PATH", os.defpath)]),
        JAVA_HOME=str(paths.JAVA_HOME),
        JSII_NODE=str(paths.NODE),
        JSII_RUNTIME_PACKAGE_CACHE_ROOT=str(paths.JSII),
        PYTHONPYCACHEPREFIX=str(paths.PYCACHE),
        PYSPARK_PYTHON=str(paths.VENV_PYTHON),
        PYSPARK_DRIVER_PYTHON=str(paths.VENV_PYTHON),
        **_of_utf8(),
    )


def _of_utf8() -> dict[str, str]:
    """Variables that make all programs use UTF-8 for file names and texts, if the user's locale does not.

    Python reads names as UTF-8 even if the locale says ASCII; Java follows the locale, and would find other files.
    """
    if codecs.lookup(locale.getencoding()).name == "utf-8":
        return {}
    return {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}


def say(line: str) -> None:
    """Print a line for the user to standard error; standard output belongs to the command."""
    print(f"lake: {line}", file=sys.stderr, flush=True)


def _missing(done: dict[str, str]) -> list[Step]:
    return [step for step in all_steps() if not step.is_done(done)]


@contextmanager
def _only_one_at_a_time() -> Iterator[None]:
    paths.LOCK.parent.mkdir(parents=True, exist_ok=True)
    with paths.LOCK.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another call is setting up; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
