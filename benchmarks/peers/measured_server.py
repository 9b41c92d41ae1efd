"""A server to measure, and the way to set it up."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.peers.calls import Call
from workerkit.openapi.spec.api import worker_api

API_PATH = worker_api().base_path
MODULES = Path("build/peers/node_modules").resolve()


class MissingProgramError(Exception):
    """A server needs a program that this machine does not have. The message names the program."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A free port, an empty folder, and the calls that a server has to answer."""

    port: int
    folder: Path
    calls: tuple[Call, ...]

    def write(self, name: str, value: Any) -> str:
        """Writes a JSON file into the folder. Returns its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), "utf-8")
        return str(path)


@dataclass(frozen=True, slots=True)
class MeasuredServer:
    """A server to measure.

    name: its name and version, for the tables.
    command: the command that starts it.
    does: what it checks and keeps, for the table.
    base_path: the path before the paths of the calls.
    environment: environment variables to add.
    is_mock: False for the empty application and the bare socket.
    """

    name: str
    command: tuple[str, ...]
    does: str
    base_path: str = API_PATH
    environment: Mapping[str, str] = field(default_factory=dict)
    is_mock: bool = True


Setup = Callable[[Workspace], MeasuredServer]


def version(package: str) -> str:
    """Returns the version of an npm package in build/peers. Raises MissingProgramError."""
    try:
        return str(json.loads((MODULES / package / "package.json").read_text("utf-8"))["version"])
    except FileNotFoundError:
        raise MissingProgramError(
            f"{package} is not installed in build/peers; `make bench` installs it"
        ) from None


def script(package: str, name: str) -> str:
    """Returns the path of a script of an npm package. Raises MissingProgramError."""
    if shutil.which("node") is None:
        raise MissingProgramError("Node.js is not installed")
    commands = json.loads((MODULES / package / "package.json").read_text("utf-8"))["bin"]
    return str(MODULES / package / commands[name])
