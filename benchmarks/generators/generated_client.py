"""A generated client, and what a generator needs to make one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
PYTHON_TOOLS = Path("build/generators/bin").resolve()
NODE_TOOLS = Path("build/node").resolve()
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class MissingToolError(Exception):
    """This machine does not have a generator, or a program that its client needs. The message names it."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The spec to generate from, and an empty folder for the client."""

    spec: Path
    folder: Path

    def copy_caller(self, name: str) -> Path:
        """Copies a caller program, or a file that it needs, into the folder. `name`: `go/call.go`."""
        return Path(shutil.copy(_HERE / name, self.folder))

    def run(self, *words: str | Path, **environment: str) -> Output:
        """Runs a command in the folder, and returns what it printed."""
        return run_command(words, self.folder, environment)


@dataclass(frozen=True, slots=True)
class Output:
    """What a command printed, without colours, and its exit code."""

    text: str
    exit_code: int

    def lines_with(self, pattern: str) -> tuple[str, ...]:
        """The lines in which a regular expression is found, each once."""
        found = (line.strip() for line in self.text.splitlines() if re.search(pattern, line))
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class GeneratedClient:
    """A generated client with its caller program, ready to run.

    generator: the name and version of the generator.
    messages: the warnings and errors of the generator.
    faults: the messages of the compiler or type checker. Its options are as strict as they can be.
    call: the command that runs the caller program.
    folder: the folder in which the command runs.
    note: what a user of the generator has to know. Empty for nothing.
    """

    generator: str
    messages: Sequence[str]
    faults: Sequence[str]
    call: Sequence[str | Path]
    folder: Path
    note: str = ""


Generator = Callable[[Workspace], GeneratedClient]


def run_command(words: Sequence[str | Path], cwd: Path, environment: Mapping[str, str]) -> Output:
    """Runs a command and waits for its end. The environment variables are added to those of this process."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return Output(_COLOURS.sub("", done.stdout), done.returncode)


def needed(program: str | Path, hint: str) -> str:
    """Returns the path of a program. Raises MissingToolError with a hint how to install it."""
    found = shutil.which(program)
    if found is None:
        raise MissingToolError(f"{Path(program).name} is missing ({hint})")
    return found


def python_tool(name: str) -> str:
    """Returns the path of a program of build/generators. Raises MissingToolError."""
    return needed(PYTHON_TOOLS / name, "`make bench` installs it")


def node_package(name: str, tools: Path = NODE_TOOLS) -> tuple[str, Path]:
    """Returns version and folder of an npm package. Raises MissingToolError."""
    needed("node", "install Node.js 20.19 or newer")
    folder = tools / "node_modules" / name
    try:
        return str(json.loads((folder / "package.json").read_text("utf-8"))["version"]), folder
    except FileNotFoundError:
        make = "make check" if tools == NODE_TOOLS else "make bench"
        raise MissingToolError(f"the npm package {name} is missing (`{make}` installs it)") from None
