"""`lake serve`: serves the API of the published rows, on this computer."""

from __future__ import annotations

import errno
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.cli.request import refusing, works_in_a_folder

if TYPE_CHECKING:
    from scripts.running.serving import ApiServer


@click.command()
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free port.")
@works_in_a_folder(str)
def command(port: int, root: str) -> None:
    """Serve rows of a lake over HTTP, as the API does on AWS.

    Until Ctrl-C. Rows are those that the last run published; the lake may be worked on meanwhile. The address alone
    lists what can be asked for. Requests are not signed here.
    """
    from scripts.looking.errors import WrongRequestError
    from scripts.looking.lake import open_lake
    from scripts.running.serving import serving
    from shared.contracts import load_catalog

    with refusing():
        if "://" in root:
            raise WrongRequestError(
                "the rows of a lake in a bucket are given out by its API", given=root, mend="ask the output ApiUrl"
            )
        open_lake(root)
        catalog = load_catalog()
        if not catalog.served:
            raise WrongRequestError(
                "no contract has its rows served", mend="give one a server, as in docs/contracts.md, Rows for an API"
            )
        try:
            with serving(Path(root).resolve(), catalog, port) as server:
                _serve(server)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise WrongRequestError(
                "another program has the port", given=str(port), mend="give another --port, or 0 for a free one"
            ) from error


def _serve(server: ApiServer) -> None:
    ended = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: ended.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for collection in server.api.collections():
        click.echo(f"{server.url}{collection['path']}  {collection['table']}")
    if not server.api.items:
        click.echo("Nothing has been published yet; a run does: ./lake run daily_batch", err=True)
    ended.wait()
    server.shutdown()
