"""A worker's trial: its command runs through a scenario on a mock of its own, and is judged."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workerkit.mockserver.change import Change
from workerkit.mockserver.command import Command
from workerkit.mockserver.director import Director
from workerkit.mockserver.founding import Founder
from workerkit.mockserver.record_of_run import run_of
from workerkit.mockserver.reports.timeline import Timeline
from workerkit.mockserver.secrecy import mask_of
from workerkit.mockserver.server import MockServer
from workerkit.mockserver.trial_timeline import timeline_of
from workerkit.mockserver.worlds import DEFAULT, Worlds
from workerkit.openapi.masking import Mask
from workerkit.scenarios.judge import Verdict, judge
from workerkit.scenarios.run import EndedBy, Run
from workerkit.scenarios.scenario import Scenario

_SECONDS_BETWEEN_LOOKS = 0.02
# The mock is on this machine: a worker whose HTTP client honours proxies must not ask one for it.
_NO_PROXY = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


class Stopped(Exception):
    """The trial was broken off; there is no verdict."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial and how it went. `seconds` is real time, `requests` how many came.

    `output` is what the worker printed, and `lines` say of each exchange what was asked and answered. Like
    the verdict and the timeline, and unlike the run, they are without secrets.
    """

    verdict: Verdict
    run: Run
    seconds: float
    requests: int
    output: str
    lines: tuple[str, ...]
    timeline: Timeline


def try_worker(
    scenario: Scenario, words: Sequence[str], *, time_limit: float, stop: threading.Event | None = None
) -> Trial:
    """Runs a worker's command through a scenario: until that is over, the command exits, or time is up.

    `{base_url}` and `{api_key}` in the words are replaced. Raises CommandNotFound, and Stopped once `stop` is
    set; either way nothing of the command is left running.
    """
    began = time.monotonic()
    worlds = Worlds()
    # Named default: requests with a key that nobody has belong to this trial, too.
    director = worlds.add(DEFAULT, Founder(scenario))
    changes: list[Change] = []
    worlds.watch(lambda world, news: changes.append(news) if isinstance(news, Change) else None)
    with MockServer(worlds) as mock:
        settings = worker_settings(mock, director)
        with Command(_filled_in(words, settings), {**settings, **_NO_PROXY}) as command:
            deadline = began + time_limit
            ended_by, exit_code = _follow(mock, director, command, deadline, stop or threading.Event())
            command.end()
            run = mock.ask(lambda: run_of(director, ended_by, exit_code))
            mask = mask_of(director.world)
            output = command.output(mask.text)
    verdict = masked(judge(run), mask)
    lines = tuple(mask.line(exchange).split(" ", 2)[2] for exchange in run.exchanges)
    timeline = timeline_of(run, changes, verdict.broken, mask)
    requests = director.world.journal.count
    return Trial(verdict, run, time.monotonic() - began, requests, output, lines, timeline)


def masked(verdict: Verdict, mask: Mask) -> Verdict:
    """The verdict without secrets, such as a key in a path that a message names."""
    broken = (replace(each, message=mask.text(each.message)) for each in verdict.broken)
    return replace(verdict, broken=tuple(broken))


def worker_settings(mock: MockServer, director: Director) -> dict[str, str]:
    """The environment that tells a worker where its API is and who it is: the world's first server."""
    server = next(iter(director.world.servers.values()))
    return {
        "LIKEPION_BASE_URL": mock.base_url,
        "LIKEPION_API_KEY": server.keys[0],
        "LIKEPION_SERVER_NAME": server.name,
    }


def _filled_in(words: Sequence[str], settings: dict[str, str]) -> list[str]:
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
        if mock.ask(lambda: _is_over(director)):
            return "until", None
    return "time-limit", None


def _is_over(director: Director) -> bool:
    world, scenario = director.world, director.scenario
    assert scenario is not None
    worker = next(iter(world.servers))
    return scenario.until.holds(
        statuses=[task.status for task in world.tasks.values() if task.server == worker],
        exchanges=tuple(world.journal),
        now=world.clock.now(),
    )
