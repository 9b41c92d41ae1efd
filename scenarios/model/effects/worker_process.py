"""Effects that stop, kill and start the worker's process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.model.effects.effect import Effect


@dataclass(frozen=True, slots=True)
class OnWorkerProcess(Effect):
    """An effect on the processes of the worker's command. It needs a worker that workerkit runs."""

    @property
    def subject(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class StopWorker(OnWorkerProcess):
    """All processes of the worker get SIGTERM. Those that are left after the grace period get SIGKILL."""

    kind: ClassVar[str] = "stop-worker"


@dataclass(frozen=True, slots=True)
class KillWorker(OnWorkerProcess):
    """All processes of the worker get SIGKILL, before the request that caused this is answered."""

    kind: ClassVar[str] = "kill-worker"


@dataclass(frozen=True, slots=True)
class StartWorker(OnWorkerProcess):
    """The worker's command is started again, in the same world.

    If the worker was stopped or killed before, its processes end first. Otherwise two workers run at the same
    time, with the same API key.
    """

    kind: ClassVar[str] = "start-worker"
