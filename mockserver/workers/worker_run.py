"""A worker's stint: its command runs against a world until it is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.workers.command import Command
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.director import Director
from workerkit.scenarios.run_record.run import EndedBy

_SECONDS_BETWEEN_LOOKS = 0.02
# The mock is on this machine: a worker whose HTTP client honours proxies must not ask one for it.
NO_PROXY = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


class Stopped(Exception):
    """The stint was broken off."""


@dataclass(frozen=True, slots=True)
class Stint:
    """How a stint ended: by the scenario's `until`, by the command's exit, or at the time limit.

    `exit_code` is the command's, negative for a signal, None where it did not exit by itself. `output` is
    what it printed, without secrets.
    """

    ended_by: EndedBy
    exit_code: int | None
    output: str


def work(
    mock: MockServer,
    director: Director,
    words: Sequence[str],
    *,
    time_limit: float,
    stop: threading.Event | None = None,
) -> Stint:
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
        return Stint(ended_by, exit_code, command.output(mask.text))


def worker_settings(mock: MockServer, director: Director) -> dict[str, str]:
    """The environment that tells a worker where its API is and who it is: the world's first server."""
    server = next(iter(director.world.servers.values()))
    return {
        "LIKEPION_BASE_URL": mock.base_url,
        "LIKEPION_API_KEY": server.keys[0],
        "LIKEPION_SERVER_NAME": server.name,
    }


def filled_in(words: Sequence[str], settings: Mapping[str, str]) -> list[str]:
    """The words of a command, with what stands there for the base URL and the key replaced."""
    url, key = settings["LIKEPION_BASE_URL"], settings["LIKEPION_API_KEY"]
    return [word.replace("{base_url}", url).replace("{api_key}", key) for word in words]


def _follow(
    mock: MockServer, director: Director, command: Command, deadline: float, stop: threading.Event
) -> tuple[EndedBy, int | None]:
    while time.monotonic() < deadline:
        if stop.is_set():
            raise Stopped
        exit_code = command.wait(_SECONDS_BETWEEN_LOOKS)
        if exit_code is not None:
            return "exit", exit_code
        if director.scenario is not None and mock.ask(director.is_over):
            return "until", None
    return "time-limit", None
