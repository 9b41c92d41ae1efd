"""All servers in one run: asked the same in turn, round after round, so that noise meets all alike."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.peers.calls import Call, additions, headers
from benchmarks.peers.contender import Contender, Setup, Site
from benchmarks.peers.load import Load, load
from benchmarks.peers.probe import Findings, post, probe
from benchmarks.running import Running, free_port, on_core

CONTROL_TASKS = "/_mock/worlds/default/tasks"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long it takes: starts of each server, seconds of warming up, rounds, seconds of each."""

    starts: int = 3
    warm_up: float = 3.0
    rounds: int = 5
    seconds: float = 1.0


@dataclass(slots=True)
class Score:
    """What was measured of one server; rates and CPU times by the title of the call."""

    contender: Contender
    running: Running
    memory: float
    findings: Findings
    readiness: list[float]
    loads: dict[str, list[Load]] = field(default_factory=dict)

    @property
    def ready(self) -> float:
        """Seconds from its start to its first answer."""
        return median(self.readiness)

    def rate(self, call: Call) -> float:
        """Answers in a second."""
        return median(each.rate for each in self.loads[call.title])

    def cpu(self, call: Call) -> float:
        """CPU seconds of the server for an answer: what little a busy machine leaves it shows less here."""
        return median(each.cpu for each in self.loads[call.title])

    def busy(self, call: Call) -> float:
        """The share of its core that the load took."""
        return median(each.busy for each in self.loads[call.title])


class Race:
    """Sets the servers up on one core, the load on another."""

    def __init__(self, calls: tuple[Call, ...], folder: Path, cores: tuple[int, int], say: Say) -> None:
        self._calls, self._folder, self._cores, self._say = calls, folder, cores, say

    def run(self, setups: list[Setup], pace: Pace) -> list[Score]:
        """The scores, in the order of the setups. Raises NotReady, BadAnswer."""
        with ExitStack() as stack:
            scores = [self._enter(stack, setup, pace) for setup in setups]
            with on_core(self._cores[1]):
                for score in scores:
                    self._ask(score, pace.warm_up)
                    score.loads.clear()
                for number in range(pace.rounds):
                    self._say(f"round {number + 1} of {pace.rounds}")
                    for score in scores:
                        self._ask(score, pace.seconds)
        return scores

    def _enter(self, stack: ExitStack, setup: Setup, pace: Pace) -> Score:
        readiness = []
        for _ in range(pace.starts - 1):
            with self._start(setup)[1] as running:
                readiness.append(running.seconds_to_ready)
        contender, starting = self._start(setup)
        running = stack.enter_context(starting)
        readiness.append(running.seconds_to_ready)
        memory = running.memory()
        self._say(f"{contender.name} is ready after {running.seconds_to_ready:.2f} s")
        if contender.name.startswith("workerkit"):
            _add_tasks(running.port)
        findings = probe(running.port, contender.base_path, self._calls)
        return Score(contender, running, memory, findings, readiness)

    def _start(self, setup: Setup) -> tuple[Contender, Running]:
        port = free_port()
        folder = self._folder / str(port)
        folder.mkdir()
        contender = setup(Site(port, folder, self._calls))
        body = self._calls[0].requests[0][1]
        first = (contender.base_path + self._calls[0].path, body, headers(body))
        log = folder / "log"
        return contender, Running(
            contender.words, contender.environment, port=port, core=self._cores[0], first=first, log=log
        )

    def _ask(self, score: Score, seconds: float) -> None:
        for call in self._calls:
            requests = call.on_the_wire(score.contender.base_path)
            result = load(score.running.port, requests, seconds=seconds, cpu=score.running.cpu)
            score.loads.setdefault(call.title, []).append(result)


def _add_tasks(port: int) -> None:
    for status in ("running", "pending"):
        for fields in additions(status):
            post(port, CONTROL_TASKS, {"server": "server-01", **fields})
