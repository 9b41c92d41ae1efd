"""Starts a server of this folder as a process, for one `with` block."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.servers.stacks import Stack
from tests.servers.world import world
from workerkit.contracts.target.target import Target

_STOP_SECONDS = 20.0


@contextmanager
def running(
    stack: Stack,
    variants: Iterable[str] = (),
    fault: str = "",
    *,
    python: str = sys.executable,
    node_path: Path | None = None,
    seed: int = 1,
) -> Iterator[Target]:
    """Starts the server. The target has all keys and an account id. The server ends with the block.

    python: the interpreter that has the packages of the server.
    node_path: the folder that has the `node_modules` of the server. None for the folder of the server.
    """
    data = world(seed)
    with TemporaryDirectory() as folder:
        file = Path(folder, "data.json")
        file.write_text(json.dumps(data), "utf-8")
        command = [word.format(python=python) for word in stack.command]
        start = _installed(stack, node_path, Path(folder))
        process = subprocess.Popen(
            [*command, "--port", "0", "--data", str(file)],
            cwd=start,
            env={**os.environ, "SERVER_VARIANTS": ",".join(variants), "SERVER_FAULT": fault},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with process:
            try:
                yield _target(_port(process), data)
            finally:
                process.terminate()
                try:
                    process.wait(_STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()


def _installed(stack: Stack, node_path: Path | None, folder: Path) -> Path:
    """The folder to start the server in. Node looks for packages beside the files of a server."""
    if node_path is None:
        return stack.folder if stack.name == "express" else stack.folder.parent
    place = folder / stack.folder.name
    place.mkdir()
    for path in stack.folder.glob("*.js*"):
        place.joinpath(path.name).write_bytes(path.read_bytes())
    place.joinpath("node_modules").symlink_to(node_path / "node_modules", target_is_directory=True)
    return place


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("listening on "):
        raise RuntimeError(f"the server did not start; it printed {line!r}")
    return int(line.split()[-1])


def _target(port: int, data: dict[str, Any]) -> Target:
    own, other, inactive = (server["api_key"] for server in data["servers"])
    own_id = data["servers"][0]["id"]
    account = next(task["account_id"] for task in data["tasks"] if task["server_id"] == own_id)
    return Target(f"http://127.0.0.1:{port}/api/v1/worker", own, other, inactive, account)
