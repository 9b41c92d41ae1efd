"""A server as processes of this machine, on a core of their own: started, looked at, ended by their group."""

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

_PATIENCE = 60.0
_TO_END = 3.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class NotReady(Exception):
    """A server ended, or did not answer in time; the message has the last of what it said."""


def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keeps this process, and what it starts meanwhile, on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Running:
    """A server from `with` to its end. `seconds_to_ready` are from its start to its first answer of 200.

    `path` is what is asked for that answer, with POST and `body`; what the server says goes to `log`.
    """

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        port: int,
        core: int,
        first: tuple[str, bytes, Mapping[str, str]],
        log: Path,
    ) -> None:
        self.port = port
        self.seconds_to_ready = 0.0
        self._words, self._environment = list(words), {**os.environ, **environment}
        self._core, self._first, self._log = core, first, log
        self._process: subprocess.Popen[bytes]

    def __enter__(self) -> Running:
        begin = time.perf_counter()
        with self._log.open("wb") as said, on_core(self._core):
            self._process = self._start(said)
        try:
            self._wait(begin + _PATIENCE)
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
        """The CPU seconds that its processes have used, to a hundredth."""
        return sum(int(fields[11]) + int(fields[12]) for _, fields in self._processes()) / _TICKS

    def memory(self) -> float:
        """The resident memory of its processes, in MB."""
        return sum(int(fields[21]) * _PAGE for _, fields in self._processes()) / 1e6

    def end(self) -> None:
        """Ends its process group: SIGTERM, and SIGKILL 3 s later."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._signal(signal.SIGTERM)
            self._process.wait(_TO_END)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _start(self, said: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._words,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=self._environment,
            cwd=self._log.parent,
            start_new_session=True,
        )

    def _wait(self, until: float) -> None:
        while not self._answers():
            if self._process.poll() is not None or time.perf_counter() > until:
                raise NotReady(self._log.read_text("utf-8", "replace")[-2000:])
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
        """Those of its group, with what /proc/PID/stat says of each after its name, the state first."""
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit():
                    fields = (entry / "stat").read_text("latin-1").rpartition(")")[2].split()
                    if int(fields[2]) == self._process.pid:
                        yield int(entry.name), fields

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
