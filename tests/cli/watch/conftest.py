"""Fixtures: mocks that run as processes of their own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import PATIENCE

Serve = Callable[..., "MockProcess"]


class MockProcess:
    """A running `workerkit serve`."""

    def __init__(self, script: str, folder: Path, *options: str) -> None:
        ready = folder / "ready.json"
        ready.unlink(missing_ok=True)
        words = [script, "serve", "--quiet", "--seed", "7", "--ready-file", str(ready), *options]
        self._process = subprocess.Popen(words)
        while not ready.exists():
            assert self._process.poll() is None
        self.addresses: Any = json.loads(ready.read_text())
        self.origin = self.addresses["control_url"].removesuffix("/_mock")
        self.key = self.addresses["servers"][0]["api_key"]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)


@pytest.fixture
def serve(script: str, tmp_path: Path) -> Iterator[Serve]:
    """Starts a mock with these options. Stops it after the test."""
    with ExitStack() as mocks:

        def start(*options: str) -> MockProcess:
            port = () if "--port" in options else ("--port", "0")
            mock = MockProcess(script, tmp_path, *options, *port)
            mocks.callback(mock.stop)
            return mock

        yield start
