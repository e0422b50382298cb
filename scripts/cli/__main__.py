"""Runs the command line; `./lake` becomes this program once everything it needs is installed."""

import errno
import os
import signal
import sys
from functools import partial

import click

from scripts.cli.root import root
from shared.errors import LakewrightError, TerminalError, UnknownNameError

EXIT_RED = 1
EXIT_REQUEST_WRONG = 2
# The signals that end a program from outside: an orderly kill, and a closed terminal.
ENDING = (signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Run one command and exit with its code: 0 for green, 1 red, 2 a wrong request, 128 + n ended by signal n."""
    received: list[int] = []
    for sign in ENDING:
        # A signal that the caller had ignored, as nohup does, stays ignored.
        if signal.getsignal(sign) is signal.SIG_DFL:
            signal.signal(sign, partial(_interrupt, received))
    try:
        _run()
    finally:
        if received:
            sys.exit(128 + received[0])


def _interrupt(received: list[int], number: int, _frame: object) -> None:
    """Make the command clean up as it does after Ctrl-C; further signals are ignored."""
    for sign in ENDING:
        signal.signal(sign, signal.SIG_IGN)
    received.append(number)
    raise KeyboardInterrupt


def _run() -> None:
    if region := os.environ.get("AWS_REGION"):
        # The CDK reads AWS_REGION, boto3 only AWS_DEFAULT_REGION: both are made to name the same region.
        os.environ["AWS_DEFAULT_REGION"] = region
    try:
        root(prog_name="lake")
    except UnknownNameError as error:
        sys.exit(_print_error(error, EXIT_REQUEST_WRONG))
    except LakewrightError as error:
        sys.exit(_print_error(error, EXIT_RED))
    except OSError as error:
        if error.filename is None or error.errno not in REFUSED:
            raise
        sys.exit(_print_error(_file_error(error), EXIT_RED))
    except Exception as error:
        if not _is_of_aws(error):
            raise
        sys.exit(_print_error(_aws_error(error), EXIT_RED))


# Errors that a path given by the user can cause. A missing file is not among them: that may be a fault of ours.
REFUSED = {
    errno.EACCES,
    errno.EEXIST,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


def _file_error(error: OSError) -> TerminalError:
    return TerminalError(
        "the system refused a file or a folder",
        given=f"{error.filename}: {error.strerror}",
        expected="a place where this user may read and write",
        mend="name another place, or have the right granted",
    )


def _is_of_aws(error: Exception) -> bool:
    """Whether boto3 raised the error; a command that does not call AWS has not loaded boto3."""
    known = sys.modules.get("botocore.exceptions")
    return known is not None and isinstance(error, (known.BotoCoreError, known.ClientError))


def _aws_error(error: Exception) -> TerminalError:
    return TerminalError(
        "AWS did not do what it was asked",
        given=" ".join(str(error).split()),
        expected="credentials that may, and a region",
        mend="log in, set AWS_PROFILE and AWS_REGION; if the answer names a right, have it granted",
    )


def _print_error(error: LakewrightError, code: int) -> int:
    click.echo(f"lake: {error}", err=True)
    return code


if __name__ == "__main__":
    main()
