"""Serves files over HTTP on the loopback address, as a publisher of web files does."""

from __future__ import annotations

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """A server for a few files, each under its name. `files` may be changed at any time."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Bind a free port and serve from a thread."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.files))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="file server", daemon=True).start()
        self._server = server

    def address(self, name: str) -> str:
        """The address of a file."""
        if self._server is None:
            raise RuntimeError("the file server has not been started")
        return f"http://127.0.0.1:{self._server.server_port}/{name}"

    def stop(self) -> None:
        """Stop serving and free the port."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def _handler(files: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path.lstrip("/"))
            if content is None:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Print nothing: the terminal belongs to the command line."""

    return Handler
