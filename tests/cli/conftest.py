"""Fixtures that run the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from workerkit.cli.console import console
from workerkit.cli.main import main

Run = Callable[..., tuple[int, str, str]]
PATIENCE = 120.0


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current folder. The environment has no options of workerkit."""
    for name in [name for name in os.environ if name.startswith("WORKERKIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs `workerkit` with the given words in this process. Returns exit code, output and error output."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def command_line(*words: str) -> tuple[int, str, str]:
        console.cache_clear()
        monkeypatch.setattr(sys, "argv", ["workerkit", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        output, errors = capsys.readouterr()
        return int(ended.value.code or 0), output, errors

    yield command_line
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def script() -> str:
    """The path of the installed command `workerkit`."""
    return str(Path(sys.executable).with_name("workerkit"))


@pytest.fixture
def quiet_day(project: Path) -> str:
    """The file of a scenario with one task. The scenario ends when the task is done."""
    source = """
title: A quiet day
about: Nothing happens.
world:
  servers: [{name: server-07}]
  tasks: [{count: 1, server: server-07}]
expect: [tasks-ended]
until: {tasks: ended, quiet: 10ms}
"""
    (project / "quiet-day.yaml").write_text(source)
    return "quiet-day.yaml"


@pytest.fixture(scope="session")
def good_worker() -> list[str]:
    """The command of a worker that completes all tasks."""
    source = """
import json, os, urllib.request
def ask(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"X-API-Key": os.environ["LIKEPION_API_KEY"]}
    request = urllib.request.Request(os.environ["LIKEPION_BASE_URL"] + path, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
ask("POST", "/health", {})
for task in ask("GET", "/tasks")["data"]:
    for status in ("running", "completed"):
        ask("PUT", "/tasks/" + task["id"], {"status": status})
"""
    return [sys.executable, "-c", source]


def on_a_terminal(words: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Runs a command with a terminal as its output. Returns its exit code and its output."""
    # Where there is no such terminal, the test is left out.
    master, slave = pytest.importorskip("pty").openpty()
    process = subprocess.Popen(words, stdout=slave, env=environment)
    os.close(slave)
    printed = b""
    # After the process has ended, reading from the terminal fails.
    with suppress(OSError):
        while part := os.read(master, 65536):
            printed += part
    os.close(master)
    return process.wait(PATIENCE), printed.decode()
