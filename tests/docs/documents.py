"""Parses the repository's documents into what tests can check: calls of the command line, code, links, headings."""

import re
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scripts.setup.paths import ROOT

FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
LAKE = "./lake"
# In a block, text after a gap of two spaces is a remark about the command before it.
GAP = re.compile(r" {2,}")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that it is an example of, if the fence names one, and its text."""

    language: str
    file: str
    text: str


@dataclass(frozen=True)
class Document:
    """One Markdown file."""

    path: Path

    def __str__(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        """The whole text."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        """The text outside of fenced blocks."""
        return FENCE.sub("", self.text)

    @property
    def blocks(self) -> list[Block]:
        """The fenced blocks."""
        infos = [(match["info"].split(), match["text"]) for match in FENCE.finditer(self.text)]
        return [Block((info or [""])[0], info[1] if len(info) > 1 else "", text) for info, text in infos]

    @property
    def code(self) -> list[str]:
        """The inline code in the prose."""
        return CODE.findall(self.prose)

    @property
    def links(self) -> list[str]:
        """The targets of links and pictures in the prose."""
        return LINK.findall(CODE.sub("", self.prose))

    @property
    def anchors(self) -> set[str]:
        """The anchors of the headings, for links."""
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(self.prose)}

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of every call of `./lake`, without comments."""
        lines = [GAP.split(line.strip())[0] for block in self.blocks for line in block.text.splitlines()]
        found = [shlex.split(line, comments=True) for line in (*lines, *self.code) if line.startswith(LAKE)]
        return [words[1:] for words in found if words[0] == LAKE]

    def section(self, heading: str) -> str:
        """The text under a heading of the second level."""
        return self.text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def documents() -> list[Document]:
    """Every document of the repository."""
    return [Document(path) for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))]


def document(name: str) -> Document:
    """One document, by its path from the root."""
    return Document(ROOT / name)
