"""Does what a page of the documentation says, in a folder of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from tests.docs.markdown_page import Block, MarkdownPage
from tests.docs.started_command import StartedCommand

_BIN = Path(sys.executable).parent
# What differs between two runs: times, numbers of requests, ids and ports.
_VARIES = {
    r"\[\.\.\.\]": ".*?",
    r"\d+(?:\.\d+)? s\b": r"\d+(?:\.\d+)? s",
    r"\d+ requests?\b": r"\d+ requests?",
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}": "[0-9a-f-]{36}",
    r":\d{4,5}\b": r":\d+",
}
# The ports of the pages: 8080 to 8099.
_PAGE_PORT = re.compile(r"\b80[89]\d\b")
_ANY_THAT_VARIES = re.compile("|".join(f"({pattern})" for pattern in _VARIES))


class PageRun:
    """Runs the blocks of one page. Raises AssertionError with the page's line where something differs."""

    def __init__(self, page: MarkdownPage, folder: Path, *, with_long_blocks: bool = False) -> None:
        self._page = page
        self._with_long_blocks = with_long_blocks
        self._folder = folder
        # None if the last command was left out.
        self._output: str | None = ""
        # None for a command that was left out.
        self._started: list[StartedCommand | None] = []
        # The commands `export NAME=VALUE` so far: each block has a shell of its own.
        self._exports: list[str] = []
        self._ports: dict[str, str] = {}
        self._actions: dict[str, Callable[[Block], None]] = {
            "file": self._write,
            "insert": self._insert,
            "run": self._run,
            "start": self._start,
            "stop": self._stop,
            "output": self._expect,
            "look": lambda block: None,
        }

    def __enter__(self) -> PageRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for command in filter(None, self._started):
            command.stop()

    def all_blocks(self) -> None:
        """Runs the blocks from the first to the last."""
        for block in self._page.blocks:
            assert block.marker in self._actions, (
                f"{self._place(block)}: no comment says what a test does with it"
            )
            self._actions[block.marker](block)

    def _place(self, block: Block) -> str:
        return f"{self._page.path}:{block.line}"

    def _write(self, block: Block) -> None:
        path = self._folder / block.argument
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._with_free_ports(block.text), encoding="utf-8")

    def _insert(self, block: Block) -> None:
        name, _, beginning = block.argument.partition(", above ")
        path = self._folder / name
        lines = path.read_text("utf-8").splitlines(keepends=True)
        place = next((index for index, line in enumerate(lines) if line.startswith(beginning)), None)
        assert place is not None, f"{self._place(block)}: no line of {name} begins with {beginning!r}"
        path.write_text("".join([*lines[:place], block.text, *lines[place:]]), encoding="utf-8")

    def _environment(self) -> dict[str, str]:
        mine = {
            name: text for name, text in os.environ.items() if not name.startswith(("WORKERKIT_", "GITHUB_"))
        }
        return {**mine, "PATH": f"{_BIN}{os.pathsep}{mine['PATH']}", "NO_COLOR": "1", "COLUMNS": "200"}

    def _with_free_ports(self, text: str) -> str:
        return _PAGE_PORT.sub(lambda match: self._ports.setdefault(match[0], str(_free_port())), text)

    def _script(self, block: Block) -> str:
        """The block's commands after the exports of earlier blocks, with free ports for the page's ports."""
        text = self._with_free_ports(block.text)
        self._exports += [line for line in text.splitlines() if line.startswith("export ")]
        return "\n".join([*self._exports, text])

    def _leaves_out(self, block: Block) -> bool:
        is_left_out = "long" in _options(block) and not self._with_long_blocks
        if is_left_out:
            self._output = None
        return is_left_out

    def _run(self, block: Block) -> None:
        if self._leaves_out(block):
            return
        done = subprocess.run(
            ["bash", "-e"],
            input=self._script(block),
            cwd=self._folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self._output = done.stdout
        expected = int("exit 1" in _options(block))
        assert done.returncode == expected, (
            f"{self._place(block)}: exit code {done.returncode}\n{done.stdout}"
        )

    def _start(self, block: Block) -> None:
        if self._leaves_out(block):
            self._started.append(None)
            return
        command = StartedCommand(self._script(block), self._folder, self._environment())
        self._started.append(command)
        awaited = block.argument.rpartition("until ")[2]
        assert command.wait_for(awaited), (
            f"{self._place(block)}: it ended before it printed {awaited!r}\n{command.output}"
        )
        self._output = command.output

    def _stop(self, block: Block) -> None:
        command = self._started.pop()
        if command is not None:
            command.stop(signal.SIGINT)
        self._output = command.output if command else None
        self._expect(block)

    def _expect(self, block: Block) -> None:
        if self._output is None:
            return
        place = 0
        for line in block.text.splitlines():
            found = _pattern(line.strip()).search(self._output, place)
            assert found, f"{self._place(block)}: the output has no line like {line!r} here\n{self._output}"
            place = found.end()


def _options(block: Block) -> set[str]:
    return {option.strip() for option in block.argument.split(",")}


def _pattern(line: str) -> re.Pattern[str]:
    parts, place = [], 0
    for match in _ANY_THAT_VARIES.finditer(line):
        assert match.lastindex is not None
        parts += [re.escape(line[place : match.start()]), [*_VARIES.values()][match.lastindex - 1]]
        place = match.end()
    return re.compile("".join([*parts, re.escape(line[place:])]))


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
