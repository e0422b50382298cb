"""Records what programs request from outside this machine, and from git."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = ("git", "aws", "docker")
PYTHON = """\
import sys

with open({log!r}, "a") as log:
    log.write("began python\\n")


def ask(event, given):
    if event in ("socket.connect", "socket.getaddrinfo") and "127.0.0.1" not in str(given):
        with open({log!r}, "a") as log:
            log.write(f"python asked for {{given[-1] if event.endswith('connect') else given[0]}}\\n")


sys.addaudithook(ask)
"""
NODE = """\
const fs = require("fs"), net = require("net"), dns = require("dns");
const say = (line) => fs.appendFileSync({log!r}, line + "\\n");
say("began node");
const connect = net.Socket.prototype.connect, lookup = dns.lookup;
net.Socket.prototype.connect = function (...given) {{
  say("node asked for " + JSON.stringify(given[0]));
  return connect.apply(this, given);
}};
dns.lookup = function (...given) {{
  say("node asked for " + given[0]);
  return lookup.apply(this, given);
}};
"""
TOOL = """\
#!/bin/sh
echo "{name} was called" >> '{log}'
exit 1
"""


class Watched:
    """Environment variables that make Python, Node and network programs record their requests.

    `asked` is empty if nothing was requested; `began` lists the interpreters that recorded at all.
    """

    def __init__(self, folder: Path) -> None:
        self._log = folder / "asked.txt"
        folder.mkdir()
        log = str(self._log)
        (folder / "sitecustomize.py").write_text(PYTHON.format(log=log))
        (folder / "watch.cjs").write_text(NODE.format(log=log))
        for name in TOOLS:
            (folder / name).write_text(TOOL.format(name=name, log=log))
            (folder / name).chmod(0o755)
        self.variables = {
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(folder),
            "NODE_OPTIONS": f"--require={folder / 'watch.cjs'}",
        }

    def _lines(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []

    @property
    def began(self) -> set[str]:
        """The interpreters that have started recording."""
        return {line.removeprefix("began ") for line in self._lines() if line.startswith("began ")}

    @property
    def asked(self) -> list[str]:
        """The recorded requests, in words."""
        return [line for line in self._lines() if not line.startswith("began ")]
