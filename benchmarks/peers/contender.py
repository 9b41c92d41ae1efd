"""A server to be measured: how it is started, and what it leaves out."""

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
MODULES = Path("build/node/node_modules").resolve()


class Missing(Exception):
    """Something that a server needs is not on this machine; the message says what."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a server is set up: a free port, an empty folder, and the calls that it has to answer."""

    port: int
    folder: Path
    calls: tuple[Call, ...]

    def write(self, name: str, value: Any) -> str:
        """Writes a JSON file into the folder and returns its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), "utf-8")
        return str(path)


@dataclass(frozen=True, slots=True)
class Contender:
    """A server's command, and what it does of what the mock does, in words.

    `is_mock` where it makes up answers for a client: neither the empty application nor the bare socket does.
    """

    name: str
    words: tuple[str, ...]
    does: str
    base_path: str = API_PATH
    environment: Mapping[str, str] = field(default_factory=dict)
    is_mock: bool = True


Setup = Callable[[Site], Contender]


def version(package: str) -> str:
    """The installed version of an npm package; raises Missing."""
    try:
        return str(json.loads((MODULES / package / "package.json").read_text("utf-8"))["version"])
    except FileNotFoundError:
        raise Missing(f"{package} is not installed in build/node: see the target `bench`") from None


def script(package: str, name: str) -> str:
    """The path of a command of an npm package, for node; raises Missing."""
    if shutil.which("node") is None:
        raise Missing("Node.js is not on this machine")
    commands = json.loads((MODULES / package / "package.json").read_text("utf-8"))["bin"]
    return str(MODULES / package / commands[name])
