"""A worker's trial: its command runs through a scenario on a mock of its own, and is judged."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from workerkit.mockserver.capsules.capture.capture import notes_of, taken
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.reports.timeline import Timeline
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.trials.trial_timeline import timeline_of
from workerkit.mockserver.workers.worker_run import run_worker
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.run_builder import run_of
from workerkit.mockserver.worlds.snapshot import snapshot
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.rules.judge import Verdict, judge, masked
from workerkit.scenarios.run_record.run import Run


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial and how it went. `seconds` is real time, `requests` how many came.

    `unfelt` is what of the scenario the worker never felt, in words, `output` what the worker printed, and
    `lines` say of each exchange what was asked and answered. Like the verdict, the timeline and the capsule,
    and unlike the run, they are without secrets.
    """

    verdict: Verdict
    run: Run
    seconds: float
    requests: int
    unfelt: tuple[str, ...]
    output: str
    lines: tuple[str, ...]
    timeline: Timeline
    capsule: Capsule | None = None


def try_worker(
    scenario: Scenario,
    words: Sequence[str],
    *,
    time_limit: float,
    stop: threading.Event | None = None,
    with_capsule: bool = False,
) -> Trial:
    """Runs a worker's command through a scenario: until that is over, the command exits, or time is up.

    `{base_url}` and `{api_key}` in the words are replaced. A capsule of the trial is made where one is asked
    for. Raises CommandNotFound, and Stopped once `stop` is set; either way nothing of the command is left
    running.
    """
    began = time.monotonic()
    worlds = Worlds()
    # Named default: requests with a key that nobody has belong to this trial, too.
    director = worlds.add(DEFAULT, WorldBuilder(scenario))
    beginning = snapshot(director) if with_capsule else None
    with MockServer(worlds) as mock:
        stint = run_worker(mock, director, words, time_limit=time_limit, stop=stop)
        run = mock.ask(lambda: run_of(director, stint.ended_by, stint.exit_code))
    mask, requests = mask_of(director.world), director.world.journal.count
    unfelt = tuple(map(mask.text, director.unfelt()))
    verdict = masked(judge(run), mask)
    lines = tuple(mask.line(exchange).split(" ", 2)[2] for exchange in run.exchanges)
    timeline = timeline_of(run, verdict.broken, mask)
    seconds = time.monotonic() - began
    capsule = taken(director, beginning, notes=notes_of(scenario, verdict)) if beginning else None
    return Trial(verdict, run, seconds, requests, unfelt, stint.output, lines, timeline, capsule)
