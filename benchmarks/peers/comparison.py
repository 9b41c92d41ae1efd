"""Measures all servers in one run. They take turns, so that a busy machine slows down all of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.peers.calls import Call, additions, headers
from benchmarks.peers.load import Load, load
from benchmarks.peers.measured_server import MeasuredServer, Setup, Workspace
from benchmarks.peers.probe import Findings, post, probe
from benchmarks.running import Running, free_port, on_core

CONTROL_TASKS = "/_mock/worlds/default/tasks"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Timing:
    """The length of a comparison.

    starts: how many times each server is started.
    warm_up: seconds of load before the first round, for each call.
    rounds: how many rounds are measured.
    seconds: the length of a round, for each call.
    """

    starts: int = 3
    warm_up: float = 3.0
    rounds: int = 5
    seconds: float = 1.0


@dataclass(slots=True)
class Measurement:
    """The results of one server.

    server: the server.
    running: its processes.
    memory: its memory when it is ready, in MB.
    findings: its behaviour.
    start_seconds: for each start, the seconds until the first answer.
    loads: the results of the load, by the title of the call.
    """

    server: MeasuredServer
    running: Running
    memory: float
    findings: Findings
    start_seconds: list[float]
    loads: dict[str, list[Load]] = field(default_factory=dict)

    @property
    def ready(self) -> float:
        """The median of the seconds from a start to the first answer."""
        return median(self.start_seconds)

    def rate(self, call: Call) -> float:
        """Returns the answers per second."""
        return median(result.rate for result in self.loads[call.title])

    def cpu(self, call: Call) -> float:
        """Returns the server's CPU seconds for one answer. A busy machine changes them less than the rate."""
        return median(result.cpu for result in self.loads[call.title])

    def busy(self, call: Call) -> float:
        """Returns the share of its own core that the load needed."""
        return median(result.busy for result in self.loads[call.title])


class Comparison:
    """Runs the servers on one core and the load on another core.

    calls: the calls to measure.
    folder: a folder for the files of the servers.
    cores: the numbers of the two cores, the servers' first.
    say: prints one line of progress.
    """

    def __init__(self, calls: tuple[Call, ...], folder: Path, cores: tuple[int, int], say: Say) -> None:
        self._calls, self._folder, self._cores, self._say = calls, folder, cores, say

    def run(self, setups: list[Setup], timing: Timing) -> list[Measurement]:
        """Returns the measurements in the order of the setups. Raises NotReadyError, BadAnswerError."""
        with ExitStack() as stack:
            measurements = [self._enter(stack, setup, timing) for setup in setups]
            with on_core(self._cores[1]):
                for measurement in measurements:
                    self._measure(measurement, timing.warm_up)
                    measurement.loads.clear()
                for number in range(timing.rounds):
                    self._say(f"round {number + 1} of {timing.rounds}")
                    for measurement in measurements:
                        self._measure(measurement, timing.seconds)
        return measurements

    def _enter(self, stack: ExitStack, setup: Setup, timing: Timing) -> Measurement:
        start_seconds = []
        for _ in range(timing.starts - 1):
            with self._start(setup)[1] as running:
                start_seconds.append(running.seconds_to_ready)
        server, starting = self._start(setup)
        running = stack.enter_context(starting)
        start_seconds.append(running.seconds_to_ready)
        memory = running.memory()
        self._say(f"{server.name} is ready after {running.seconds_to_ready:.2f} s")
        if server.name.startswith("workerkit"):
            _add_tasks(running.port)
        findings = probe(running.port, server.base_path, self._calls)
        return Measurement(server, running, memory, findings, start_seconds)

    def _start(self, setup: Setup) -> tuple[MeasuredServer, Running]:
        port = free_port()
        folder = self._folder / str(port)
        folder.mkdir()
        server = setup(Workspace(port, folder, self._calls))
        body = self._calls[0].requests[0][1]
        first = (server.base_path + self._calls[0].path, body, headers(body))
        log = folder / "log"
        return server, Running(
            server.command, server.environment, port=port, core=self._cores[0], first=first, log=log
        )

    def _measure(self, measurement: Measurement, seconds: float) -> None:
        for call in self._calls:
            requests = call.request_bytes(measurement.server.base_path)
            result = load(measurement.running.port, requests, seconds=seconds, cpu=measurement.running.cpu)
            measurement.loads.setdefault(call.title, []).append(result)


def _add_tasks(port: int) -> None:
    for status in ("running", "pending"):
        for fields in additions(status):
            post(port, CONTROL_TASKS, {"server": "server-01", **fields})
