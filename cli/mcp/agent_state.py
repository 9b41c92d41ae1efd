"""What the tools of one agent share: the newest runs of `exec`, and a mock with the agent's worlds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

from workerkit.cli.mcp.shown_run import FinishedTrial, LiveWorld, ShownRun
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.trials.trial import Trial
from workerkit.mockserver.workers.worker_environment import worker_settings
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.own_port import check_shares_port
from workerkit.mockserver.worlds.worker_control import check_needs_no_worker
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.errors import UsageError
from workerkit.scenarios.model.scenario import Scenario

MAX_RUNS, MAX_WORLDS = 10, 20
Json = dict[str, Any]
T = TypeVar("T")


class UnknownNameError(UsageError):
    """There is no run, world or scenario of this name. The message says which there are."""


class AgentState(ExitStack):
    """The runs and worlds of one agent. The mock is started when the first world is made.

    Use it in a `with` block: the mock ends with the block.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._runs: OrderedDict[str, dict[str, Trial]] = OrderedDict()
        self._run_count = 0
        self._mock: WorldServer | None = None

    def add_run(self, trials: Sequence[Trial]) -> str:
        """Keeps the trials of a run, and returns the name of the run. Only the newest 10 runs are kept."""
        with self._lock:
            self._run_count += 1
            name = f"r{self._run_count}"
            self._runs[name] = {trial.verdict.scenario: trial for trial in trials}
            while len(self._runs) > MAX_RUNS:
                self._runs.popitem(last=False)
        return name

    def run_trials(self, name: str) -> list[Trial]:
        """The trials of a run. Raises UnknownNameError."""
        if name not in self._runs:
            raise UnknownNameError(f"there is no run {name}; there are {_listed(self._runs)}")
        return list(self._runs[name].values())

    def shown_run(self, name: str, scenario: str | None) -> ShownRun:
        """A trial of a run, or a world.

        name: the name of a run (`r1`) or of a world (`w1`).
        scenario: the scenario of the trial. None: the first trial that failed, or the first one.

        Raises UnknownNameError.
        """
        if name.startswith("w"):
            return self.live_world(name)
        trials = self.run_trials(name)
        if scenario is None:
            failed = [trial for trial in trials if not trial.verdict.passed]
            return FinishedTrial((failed or trials)[0])
        for trial in trials:
            if trial.verdict.scenario == scenario:
                return FinishedTrial(trial)
        names = [trial.verdict.scenario for trial in trials]
        raise UnknownNameError(f"the run {name} has no scenario {scenario}; it has {_listed(names)}")

    def add_world(self, scenario: Scenario | None) -> Json:
        """Makes a world. Returns its name and the environment variables for a worker.

        Raises OwnPortNeededError and WorkerNeededError for scenarios that only `exec` can run, and
        UsageError if there are too many worlds.
        """
        check_shares_port(scenario)
        check_needs_no_worker(scenario)
        mock = self._running_mock()
        director = mock.run_in_server_thread(lambda: _added(mock.worlds, WorldBuilder(scenario)))
        return {"world": director.world.name, "environment": worker_settings(mock, director)}

    def remove_world(self, name: str) -> None:
        """Removes a world. Raises UnknownNameError."""
        self.director(name)
        mock = self._running_mock()
        mock.run_in_server_thread(lambda: mock.worlds.remove(name))

    def in_mock(self, function: Callable[[], T]) -> T:
        """Calls a function in the thread of the mock, and returns its result."""
        return self._running_mock().run_in_server_thread(function)

    def live_world(self, name: str) -> LiveWorld:
        """A world of the mock. Raises UnknownNameError."""
        return LiveWorld(self._running_mock(), self.director(name))

    def director(self, name: str) -> Director:
        """The director of a world. Only the thread of the mock may change it. Raises UnknownNameError."""
        mock = self._running_mock()
        try:
            return mock.run_in_server_thread(lambda: mock.worlds.director(name))
        except KeyError:
            names = mock.run_in_server_thread(mock.worlds.names)
            raise UnknownNameError(f"there is no world {name}; there are {_listed(names)}") from None

    def _running_mock(self) -> WorldServer:
        with self._lock:
            if self._mock is None:
                self._mock = self.enter_context(WorldServer(Worlds(MAX_WORLDS)))
            return self._mock


def _added(worlds: Worlds, builder: WorldBuilder) -> Director:
    if len(worlds.names()) >= MAX_WORLDS:
        raise UsageError(f"there are {MAX_WORLDS} worlds already: remove one with remove=NAME")
    return worlds.add(worlds.new_name(), builder)


def _listed(names: Any) -> str:
    return ", ".join(names) or "none"
