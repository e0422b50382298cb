"""The local account as a separate server: `python -m scripts.local.server --port 5000`.

For programs with their own process, such as the CDK command line: give them the printed AWS_ENDPOINT_URL.
Job runs fail there, since it has no runner; Lambda functions run.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from scripts.local.account import LocalAccount


def main(arguments: list[str] | None = None) -> None:
    """Serve until the process is asked to end."""
    parser = argparse.ArgumentParser(prog="python -m scripts.local.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the port on the loopback address; 0 takes a free one")
    port = parser.parse_args(arguments).port
    ended = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: ended.set())
    with LocalAccount(port=port) as account:
        sys.stdout.write(f"AWS_ENDPOINT_URL={account.endpoint}\n")
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()
