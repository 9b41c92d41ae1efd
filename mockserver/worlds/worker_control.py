"""How a scenario stops, kills and starts the worker. Only a worker that workerkit runs can be controlled."""

from __future__ import annotations

from typing import Protocol

from workerkit.openapi.errors import UsageError
from workerkit.scenarios.model.scenario import Scenario


class WorkerControl(Protocol):
    """The processes of a worker's command. The methods must not wait."""

    def stop(self) -> None:
        """Sends SIGTERM to all processes. Those that are left after the grace period get SIGKILL."""

    def kill(self) -> None:
        """Sends SIGKILL to all processes."""

    def start(self) -> None:
        """Lets the command start again, as soon as all processes that were stopped or killed have ended."""


class WorkerNeededError(UsageError, ValueError):
    """A scenario stops or starts the worker's process, but workerkit does not run a worker here."""


def check_needs_no_worker(scenario: Scenario | None) -> None:
    """Raises WorkerNeededError if the scenario stops, kills or starts the worker's process."""
    if scenario is not None and scenario.process_effects:
        raise WorkerNeededError(
            f"the scenario {scenario.name} has the effect {scenario.process_effects[0].kind}, and no worker "
            "runs here that workerkit could stop or start: use workerkit exec --scenario, or worker_api.run "
            "in a Python test. More: workerkit docs reference/scenarios"
        )
