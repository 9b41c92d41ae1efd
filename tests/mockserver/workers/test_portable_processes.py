"""Commands on a system without the signals of POSIX: psutil finds and ends their processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workerkit.mockserver.workers import command as command_module
from workerkit.mockserver.workers.command import Command, CommandNotFoundError, GuardKilledError
from workerkit.mockserver.workers.portable_processes import PortableProcesses

TIMEOUT = 120.0
SHORT = 0.2
# Connects to the test, so that the test sees when it starts and when it ends.
CONNECTING = """
import signal, socket, sys
if sys.argv[2] == "ignores":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
connection.sendall(b"here")
connection.recv(1)
"""
PARENT = """
import os, subprocess, sys
if os.fork() or (os.setsid(), os.fork())[1]:
    sys.exit(7)
subprocess.Popen([sys.executable, "-c", *sys.argv[1:]])
"""


@pytest.fixture(autouse=True)
def _without_posix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_module, "process_control", PortableProcesses)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(TIMEOUT)
        yield server


def connecting(server: socket.socket, how: str = "obeys") -> list[str]:
    return [sys.executable, "-S", "-c", CONNECTING, str(server.getsockname()[1]), how]


def connection_of(server: socket.socket) -> socket.socket:
    """The connection of a process that has started."""
    connection, _ = server.accept()
    connection.settimeout(TIMEOUT)
    assert connection.recv(4) == b"here"
    return connection


def has_ended(connection: socket.socket) -> bool:
    """Waits until the process has ended."""
    with connection:
        try:
            return connection.recv(1) == b""
        except ConnectionResetError:
            return True


def test_the_exit_code_and_both_outputs_are_the_commands_own() -> None:
    source = "import os; os.write(1, b'one\\n'); os.write(2, b'two\\n'); os._exit(77)"
    with Command([sys.executable, "-c", source], {}) as command:
        assert command.wait(TIMEOUT) == 77
        command.end()
        assert command.output() == "one\ntwo\n"


def test_a_command_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(CommandNotFoundError, match="no-such-command was not found"):
        Command(["no-such-command"], {}).__enter__()


def test_a_command_gets_sigterm_and_is_ended(server: socket.socket) -> None:
    with Command(connecting(server), {}) as command:
        connection = connection_of(server)
        assert command.wait(0) is None
    assert has_ended(connection)
    assert command.wait(0) == -signal.SIGTERM


def test_a_command_that_ignores_sigterm_is_killed(server: socket.socket) -> None:
    with Command(connecting(server, "ignores"), {}, grace=SHORT) as command:
        connection = connection_of(server)
    assert has_ended(connection)
    assert command.wait(0) == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_reaches_the_command_at_once(server: socket.socket, number: signal.Signals) -> None:
    with Command(connecting(server), {}) as command:
        connection = connection_of(server)
        command.stop(number)
        assert has_ended(connection)
        assert command.wait(TIMEOUT) == -number


def test_a_daemon_is_found_by_its_environment(server: socket.socket) -> None:
    words = [sys.executable, "-S", "-c", PARENT, *connecting(server)[3:]]
    with Command(words, {}, grace=SHORT) as command:
        connection = connection_of(server)
        assert command.wait(TIMEOUT) == 7
    assert has_ended(connection)


def test_a_command_that_kills_its_guard_is_ended_and_is_an_error(server: socket.socket) -> None:
    source = CONNECTING.replace(
        "connection.recv(1)", "import os; os.kill(os.getppid(), 9); connection.recv(1)"
    )
    words = [*connecting(server)[:3], source, *connecting(server)[4:]]
    with Command(words, {}, grace=SHORT) as command:
        connection = connection_of(server)
        with pytest.raises(GuardKilledError):
            command.wait(TIMEOUT)
    assert has_ended(connection)


def test_no_process_is_left_when_this_process_is_killed(server: socket.socket, tmp_path: Path) -> None:
    source = f"""
import time
from workerkit.mockserver.workers import command as command_module
from workerkit.mockserver.workers.portable_processes import PortableProcesses
command_module.process_control = PortableProcesses
with command_module.Command({connecting(server)!r}, {{}}):
    time.sleep({TIMEOUT})
"""
    with subprocess.Popen([sys.executable, "-c", source], cwd=tmp_path, env=os.environ) as killed:
        connection = connection_of(server)
        killed.kill()
    assert has_ended(connection)
