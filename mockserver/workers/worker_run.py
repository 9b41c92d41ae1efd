"""Runs a worker's command with a world of the mock, until the run is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.workers.command import Command
from workerkit.mockserver.workers.worker_environment import NO_PROXY, fill_placeholders, worker_settings
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.director import Director
from workerkit.openapi.errors import WorkerkitError
from workerkit.scenarios.run_record.run import EndedBy

_SECONDS_BETWEEN_CHECKS = 0.02


class RunStoppedError(WorkerkitError):
    """The run was stopped from outside, before it was over."""


@dataclass(frozen=True, slots=True)
class WorkerRun:
    """The end of a run of a worker's command.

    ended_by: what ended the run: the scenario's `until`, the exit of the command, or the time limit.
    exit_code: the exit code of the command. Negative if a signal ended the command. None if the command did
        not exit by itself.
    output: the text that the command printed, without secrets.
    """

    ended_by: EndedBy
    exit_code: int | None
    output: str


def run_command(
    mock: WorldServer,
    director: Director,
    words: Sequence[str],
    *,
    time_limit: float,
    stop: threading.Event | None = None,
) -> WorkerRun:
    """Runs a worker's command with the world of `director`.

    The run ends when the scenario of the world is over, when the command exits, or after the time limit. If
    the scenario goes on at its end to judge heartbeats, this time is added to the limit.

    words: the words of the command. `{base_url}` and `{api_key}` in them are replaced.
    time_limit: in seconds.
    stop: set it to stop the run.

    Raises CommandNotFoundError if the command cannot be started, and RunStoppedError after `stop` was set. No
    process of the command is left running.
    """
    deadline = time.monotonic() + time_limit + director.heartbeat_seconds()
    settings = worker_settings(mock, director)
    with Command(fill_placeholders(words, settings), {**settings, **NO_PROXY}) as command:
        ended_by, exit_code = _wait_for_end(mock, director, command, deadline, stop or threading.Event())
        command.end()
        mask = mock.run_in_server_thread(lambda: mask_of(director.world))
        return WorkerRun(ended_by, exit_code, command.output(mask.text))


def _wait_for_end(
    mock: WorldServer, director: Director, command: Command, deadline: float, stop: threading.Event
) -> tuple[EndedBy, int | None]:
    while time.monotonic() < deadline:
        if stop.is_set():
            raise RunStoppedError
        exit_code = command.wait(_SECONDS_BETWEEN_CHECKS)
        if exit_code is not None:
            return "exit", exit_code
        if director.scenario is not None and mock.run_in_server_thread(director.is_over):
            return "until", None
    return "time-limit", None
