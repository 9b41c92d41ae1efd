"""`python -m benchmarks.endurance.heartbeats`: measures heartbeats while the control plane reads much data.

A worker sends heartbeats to a mock, at rest and while another process reads a journal of 70 MB, a snapshot of
200,000 tasks, or a list of 2,000 worlds. Both are measured in turn, in one run. The worker has a world of its
own, so its heartbeats push nothing out of the journal. Writes heartbeats.md.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median, quantiles

import click

from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.machine import Machine
from benchmarks.running import Running, free_port

_FOLDER = Path(__file__).parent
_KEY = "your-server-key"
_MAX_RATIO = 5.0
_PAUSE, _READ_SECONDS = 0.002, 2.0
_BODY = b'{"server_name": "server-01", "cpu_usage": 45.5, "active_tasks": 12}'
_ALL_STATUSES = "pending,queued,running,completed,failed,canceled"


@dataclass
class Measured:
    """The times of heartbeats, in milliseconds.

    title: what was read.
    size: the bytes of the last answer of the control plane.
    at_rest: the times while nothing was read.
    reading: the times while the control plane answered.
    """

    title: str
    size: int = 0
    at_rest: list[float] = field(default_factory=list)
    reading: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The 99th percentile while reading, divided by the one at rest."""
        return _percentile(self.reading) / _percentile(self.at_rest)

    def row(self) -> list[str]:
        """Returns the row of the table."""
        times = [
            f"{number:.2f}"
            for times in (self.at_rest, self.reading)
            for number in (median(times), _percentile(times), max(times))
        ]
        return [self.title, f"{self.size / 1e6:.1f}", str(len(self.reading)), *times]


@dataclass(frozen=True)
class Case:
    """What is read, and how the mock is prepared for it.

    world: the file of the mock's world, as YAML; None for the default world.
    """

    title: str
    path: str
    prepare: Callable[[int], None]
    world: str | None = None


def _fill_journal(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(1_500):
        path = f"/api/v1/worker/tasks?limit=100&status={_ALL_STATUSES}"
        connection.request("GET", path, headers={"X-API-Key": _KEY})
        connection.getresponse().read()


def _add_worlds(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for number in range(2_000):
        body = json.dumps({"seed": number})
        connection.request("POST", "/_mock/worlds", body, {"Content-Type": "application/json"})
        assert connection.getresponse().read()


def _nothing(port: int) -> None:
    """Needs no preparation."""


CASES = (
    Case("a journal of 70 MB", "/_mock/worlds/default/journal", _fill_journal),
    Case(
        "a snapshot of 200,000 tasks",
        "/_mock/worlds/default/snapshot",
        _nothing,
        "servers:\n  - name: server-01\n    status: online\n    key: your-server-key\n"
        "tasks:\n  - server: server-01\n    count: 200000\n",
    ),
    Case("2,000 worlds", "/_mock/worlds", _add_worlds),
)


@click.command()
@click.option("--rounds", default=5, show_default=True, help="How many times each answer is read.")
def main(rounds: int) -> None:
    """Measures the heartbeats, prints the results, and writes them to heartbeats.md."""
    machine = Machine()
    all_measured = [_measure(case, rounds) for case in CASES]
    goals = [
        Goal(
            f"99th percentile while reading {measured.title}, compared to rest",
            measured.ratio,
            "x",
            _MAX_RATIO,
        )
        for measured in all_measured
    ]
    text = _page(goals, all_measured, rounds, machine.description())
    (_FOLDER / "heartbeats.md").write_text(text, "utf-8")
    click.echo(text)
    sys.exit(not all(goal.is_met for goal in goals))


def _page(goals: list[Goal], all_measured: list[Measured], rounds: int, machine: str) -> str:
    head = ["milliseconds", "MB", "heartbeats"]
    head += [f"{name} {when}" for when in ("at rest", "reading") for name in ("median", "p99", "longest")]
    return (
        "# Heartbeats while the control plane reads\n\n"
        f"A worker sends a heartbeat every {_PAUSE * 1000:g} ms. In each of {rounds} rounds, another process "
        f"reads answers of the control plane. It rests for at least {_READ_SECONDS:g} s, and then reads "
        f"for at least {_READ_SECONDS:g} s. "
        "The mock has one core. The two clients share the other core.\n\n"
        f"{machine}{_priority_text()}\n\n{goal_table(goals)}\n\n"
        f"{markdown(head, [measured.row() for measured in all_measured])}\n"
    )


def _priority_text() -> str:
    """Says whether other processes could disturb the measurement. `chrt -f 5` keeps them away."""
    if os.sched_getscheduler(0) == os.SCHED_OTHER:
        return ""
    return " The benchmark and the mock ran with real-time priority, so the others hardly disturbed them."


def _measure(case: Case, rounds: int) -> Measured:
    measured = Measured(case.title)
    with tempfile.TemporaryDirectory(prefix="workerkit-bench-") as folder, _mock(case, Path(folder)) as mock:
        case.prepare(mock.port)
        heartbeat = _heartbeat(mock.port)
        seconds = _READ_SECONDS
        with (
            _reader(mock.port, case.path) as reader,
            socket.create_connection(("127.0.0.1", mock.port)) as worker,
        ):
            for _ in range(rounds):
                end = time.perf_counter() + seconds
                measured.at_rest += _heartbeats(worker, heartbeat, lambda end=end: time.perf_counter() > end)  # type: ignore[misc]
                began = time.perf_counter()
                reader.start.set()
                measured.reading += _heartbeats(worker, heartbeat, lambda: reader.done.is_set())
                seconds = max(seconds, time.perf_counter() - began)
                reader.done.clear()
            measured.size = reader.size()
    return measured


def _heartbeat(port: int) -> bytes:
    """Adds a world. Returns the heartbeat of its worker."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/_mock/worlds", "{}", {"Content-Type": "application/json"})
    key = json.loads(connection.getresponse().read())["servers"][0]["api_key"].encode()
    return (
        b"POST /api/v1/worker/health HTTP/1.1\r\nHost: localhost\r\nX-API-Key: %s\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (key, len(_BODY), _BODY)
    )


def _heartbeats(worker: socket.socket, heartbeat: bytes, is_over: Callable[[], bool]) -> list[float]:
    times: list[float] = []
    while not is_over():
        time.sleep(_PAUSE)
        begin = time.perf_counter()
        worker.sendall(heartbeat)
        answer = worker.recv(65536)
        times.append((time.perf_counter() - begin) * 1000)
        assert answer.startswith(b"HTTP/1.1 200 "), answer
    return times


def _percentile(times: list[float]) -> float:
    return quantiles(times, n=100)[-1]


class _Reader:
    """A process that reads one path of the control plane each time when `start` is set."""

    def __init__(self, port: int, path: str) -> None:
        context = get_context("spawn")
        self.start, self.done, self._size = context.Event(), context.Event(), context.Value("q", 0)
        arguments = (port, path, self.start, self.done, self._size)
        self.process = context.Process(target=_read_when_asked, args=arguments, daemon=True)

    def size(self) -> int:
        """Returns the bytes of the last answer."""
        return int(self._size.value)


@contextmanager
def _reader(port: int, path: str) -> Iterator[_Reader]:
    reader = _Reader(port, path)
    reader.process.start()
    assert reader.done.wait(60)
    reader.done.clear()
    try:
        yield reader
    finally:
        reader.process.terminate()
        reader.process.join()


def _read_when_asked(port: int, path: str, start: Event, done: Event, size: object) -> None:
    done.set()
    while True:
        start.wait()
        start.clear()
        until = time.perf_counter() + _READ_SECONDS
        while True:
            size.value = _read(port, path)  # type: ignore[attr-defined]
            if time.perf_counter() > until:
                break
        done.set()


def _read(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    answer = connection.getresponse()
    return sum(len(part) for part in iter(lambda: answer.read(65536), b""))


def _mock(case: Case, folder: Path) -> Running:
    port, world = free_port(), folder / "world.yaml"
    words = [str(Path(sys.executable).with_name("workerkit")), "serve", "--port", str(port), "--seed", "7"]
    if case.world is not None:
        world.write_text(case.world, "utf-8")
        words += ["--world", str(world)]
    first = ("/api/v1/worker/health", _BODY, {"X-API-Key": _KEY, "Content-Type": "application/json"})
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    return Running(words, {}, port=port, core=0, first=first, log=folder / "log")


if __name__ == "__main__":
    main()
