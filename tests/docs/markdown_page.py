"""A page of the documentation: its headings, links and fenced blocks.

A comment above a fenced block says what a test does with the block:

    <!-- file: worker.py -->         writes the block to this file
    <!-- insert: a.py, above def --> puts the block above the first line of the file that begins so
    <!-- run -->                     runs the block in a shell; `run: exit 1` expects this exit code
    <!-- run: long -->               the same, but `make test` leaves the block and its output out
    <!-- start: until READY -->      starts the block in the background and waits until it has printed READY;
                                     `start: long, until READY` leaves it out of `make test`
    <!-- stop -->                    sends Ctrl-C to the command started last, then expects these lines
    <!-- output -->                  expects these lines, in this order, in the output of the last command
    <!-- look -->                    does nothing: the block only shows something
    <!-- says: serve --port x -->    runs workerkit with these words, and expects that it prints these lines
    <!-- source -->                  expects that the kit's code has each of these lines

The last two are for messages: tests/cli/test_troubleshooting.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(
    r"^(?P<indent> *)(?:<!-- (?P<marker>[^\n]*?) -->\n+ *)?```(?P<language>[a-z{}]*)\n(?P<text>.*?)^ *```$",
    re.M | re.S,
)
_HEADING = re.compile(r"^(#+) (.+)$", re.M)
_LINK = re.compile(r"!?\[[^\]]*\]\((?!https?:)([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    marker: the first word of the comment above it, or an empty text.
    argument: the rest of the comment, without the colon.
    line: the number of the fence's line.
    """

    marker: str
    argument: str
    language: str
    text: str
    line: int


@dataclass(frozen=True)
class MarkdownPage:
    """The text of a page."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> MarkdownPage:
        """Reads a page from its file."""
        return cls(path, path.read_text(encoding="utf-8"))

    @property
    def blocks(self) -> list[Block]:
        """The fenced blocks, in the order of the page."""
        return list(self._blocks())

    @property
    def levels(self) -> list[int]:
        """The level of each heading."""
        return [len(signs) for signs, _ in _HEADING.findall(self._prose)]

    @property
    def anchors(self) -> list[str]:
        """What a link to each heading has after `#`: the words of the heading, as GitHub writes them."""
        words = (re.sub(r"[^\w\s-]", "", text.lower()) for _, text in _HEADING.findall(self._prose))
        return ["-".join(text.split()) for text in words]

    @property
    def indented_lines(self) -> list[str]:
        """The lines of code that stand in no fence."""
        return [line for line in self._prose.splitlines() if line.startswith("    ")]

    @property
    def table_rows(self) -> int:
        """The number of rows in all tables."""
        return sum(line.startswith("|") for line in self._prose.splitlines())

    @property
    def links(self) -> list[str]:
        """The targets of all links and pictures."""
        return _LINK.findall(self._prose)

    @property
    def _prose(self) -> str:
        return _FENCE.sub("", self.text)

    def _blocks(self) -> Iterator[Block]:
        for match in _FENCE.finditer(self.text):
            marker, _, argument = (match["marker"] or "").partition(":")
            line = self.text.count("\n", 0, match.start("language")) + 1
            text = re.sub(f"^{match['indent']}", "", match["text"], flags=re.M)
            yield Block(marker, argument.strip(), match["language"], text, line)
