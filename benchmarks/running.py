"""Runs a server in its own processes on one core, measures them and stops them."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

_START_SECONDS = 60.0
_STOP_SECONDS = 3.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class NotReadyError(Exception):
    """A server ended or did not answer in time. The message has the end of its output."""


def free_port() -> int:
    """Returns a free port of 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keeps this process, and processes that it starts, on one core during the `with` block."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Running:
    """A server that runs during the `with` block.

    seconds_to_ready: the time from its start to its first answer with status 200.
    command: the command that starts the server.
    environment: environment variables to add.
    port: the port that the server listens on.
    core: the number of the core that the server runs on.
    first: path, body and headers of the first request, a POST.
    log: a file for the output of the server.

    Raises NotReadyError.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        port: int,
        core: int,
        first: tuple[str, bytes, Mapping[str, str]],
        log: Path,
    ) -> None:
        self.port = port
        self.seconds_to_ready = 0.0
        self._words, self._environment = list(command), {**os.environ, **environment}
        self._core, self._first, self._log = core, first, log
        self._process: subprocess.Popen[bytes]

    def __enter__(self) -> Running:
        begin = time.perf_counter()
        with self._log.open("wb") as output, on_core(self._core):
            self._process = self._start(output)
        try:
            self._wait(begin + _START_SECONDS)
        except BaseException:
            self.end()
            raise
        self.seconds_to_ready = time.perf_counter() - begin
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def cpu(self) -> float:
        """Returns the CPU seconds that the processes of the server have used. The precision is 0.01 s."""
        return sum(int(fields[11]) + int(fields[12]) for _, fields in self._processes()) / _TICKS

    def memory(self) -> float:
        """Returns the resident memory of the processes of the server, in MB."""
        return sum(int(fields[21]) * _PAGE_BYTES for _, fields in self._processes()) / 1e6

    def end(self) -> None:
        """Stops the processes of the server with SIGTERM, and after 3 s with SIGKILL."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._signal(signal.SIGTERM)
            self._process.wait(_STOP_SECONDS)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _start(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=self._environment,
            cwd=self._log.parent,
            start_new_session=True,
        )

    def _wait(self, until: float) -> None:
        while not self._answers():
            if self._process.poll() is not None or time.perf_counter() > until:
                raise NotReadyError(self._log.read_text("utf-8", "replace")[-2000:])
            time.sleep(0.002)

    def _answers(self) -> bool:
        path, body, headers = self._first
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("POST", path, body, dict(headers))
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def _processes(self) -> Iterator[tuple[int, list[str]]]:
        """Returns the id of each process of the server, and the fields of /proc/PID/stat after the name."""
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit():
                    fields = (entry / "stat").read_text("latin-1").rpartition(")")[2].split()
                    if int(fields[2]) == self._process.pid:
                        yield int(entry.name), fields

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
