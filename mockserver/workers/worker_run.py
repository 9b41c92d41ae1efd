"""A worker's stint: its command runs against a world until it is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.workers.command import Command
from workerkit.mockserver.workers.worker_environment import NO_PROXY, filled_in, worker_settings
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.director import Director
from workerkit.openapi.errors import WorkerkitError
from workerkit.scenarios.run_record.run import EndedBy

_SECONDS_BETWEEN_LOOKS = 0.02


class RunStoppedError(WorkerkitError):
    """The stint was broken off."""


@dataclass(frozen=True, slots=True)
class WorkerRun:
    """How a stint ended: by the scenario's `until`, by the command's exit, or at the time limit.

    `exit_code` is the command's, negative for a signal, None where it did not exit by itself. `output` is
    what it printed, without secrets.
    """

    ended_by: EndedBy
    exit_code: int | None
    output: str


def run_worker(
    mock: MockServer,
    director: Director,
    words: Sequence[str],
    *,
    time_limit: float,
    stop: threading.Event | None = None,
) -> WorkerRun:
    """Runs a worker's command on a world until the scenario, if any, is over, it exits, or time is up.

    `{base_url}` and `{api_key}` in the words are replaced. Raises CommandNotFound, and Stopped once `stop` is
    set; either way nothing of the command is left running.
    """
    deadline = time.monotonic() + time_limit
    settings = worker_settings(mock, director)
    with Command(filled_in(words, settings), {**settings, **NO_PROXY}) as command:
        ended_by, exit_code = _follow(mock, director, command, deadline, stop or threading.Event())
        command.end()
        mask = mock.ask(lambda: mask_of(director.world))
        return WorkerRun(ended_by, exit_code, command.output(mask.text))


def _follow(
    mock: MockServer, director: Director, command: Command, deadline: float, stop: threading.Event
) -> tuple[EndedBy, int | None]:
    while time.monotonic() < deadline:
        if stop.is_set():
            raise RunStoppedError
        exit_code = command.wait(_SECONDS_BETWEEN_LOOKS)
        if exit_code is not None:
            return "exit", exit_code
        if director.scenario is not None and mock.ask(director.is_over):
            return "until", None
    return "time-limit", None
