"""Runs the command line; `./lake` becomes this program once everything it needs is there."""

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
# What ends a program from outside: an orderly kill, and a terminal that is closed.
ENDING = (signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Run one command and end with its code: 0 well, 1 red, 2 the request is wrong, 128 + n ended by signal n."""
    received: list[int] = []
    for sign in ENDING:
        # Whoever had it ignored, as nohup does, goes on.
        if signal.getsignal(sign) is signal.SIG_DFL:
            signal.signal(sign, partial(_interrupt, received))
    try:
        _run()
    finally:
        if received:
            sys.exit(128 + received[0])


def _interrupt(received: list[int], number: int, _frame: object) -> None:
    """Have the command clear up as it does after Ctrl-C, once."""
    for sign in ENDING:
        signal.signal(sign, signal.SIG_IGN)
    received.append(number)
    raise KeyboardInterrupt


def _run() -> None:
    if region := os.environ.get("AWS_REGION"):
        # The CDK goes by this one, and boto3 by the other alone: both shall mean one region.
        os.environ["AWS_DEFAULT_REGION"] = region
    try:
        root(prog_name="lake")
    except UnknownNameError as error:
        sys.exit(_tell(error, EXIT_REQUEST_WRONG))
    except LakewrightError as error:
        sys.exit(_tell(error, EXIT_RED))
    except OSError as error:
        if error.filename is None or error.errno not in REFUSED:
            raise
        sys.exit(_tell(_of_a_file(error), EXIT_RED))
    except Exception as error:
        if not _is_of_aws(error):
            raise
        sys.exit(_tell(_in_our_words(error), EXIT_RED))


# What a place may be like that somebody named. Of a file that is not there a program of ours may be to blame.
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


def _of_a_file(error: OSError) -> TerminalError:
    return TerminalError(
        "the system refused a file or a folder",
        given=f"{error.filename}: {error.strerror}",
        expected="a place where this user may read and write",
        mend="name another place, or have the right granted",
    )


def _is_of_aws(error: Exception) -> bool:
    """Whether boto3 raised it; a command that does not call AWS has not loaded it."""
    known = sys.modules.get("botocore.exceptions")
    return known is not None and isinstance(error, (known.BotoCoreError, known.ClientError))


def _in_our_words(error: Exception) -> TerminalError:
    return TerminalError(
        "AWS did not do what it was asked",
        given=" ".join(str(error).split()),
        expected="credentials that may, and a region",
        mend="log in, set AWS_PROFILE and AWS_REGION; if the answer names a right, have it granted",
    )


def _tell(error: LakewrightError, code: int) -> int:
    click.echo(f"lake: {error}", err=True)
    return code


if __name__ == "__main__":
    main()
