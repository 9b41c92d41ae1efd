"""A trial: runs a worker's command through one scenario on its own mock, and judges the run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from workerkit.mockserver.capsules.capture.capture import capture_world, verdict_notes
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.reports.timeline import Timeline
from workerkit.mockserver.server.address import MockAddress
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.server.tls import TlsFiles
from workerkit.mockserver.steady_clock import steady_seconds
from workerkit.mockserver.trials.kept_mocks import KeptMocks
from workerkit.mockserver.trials.trial_timeline import timeline_of
from workerkit.mockserver.workers.command import GRACE
from workerkit.mockserver.workers.worker_run import WorkerRun, run_command
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.snapshot import Json, snapshot_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import changed_text
from workerkit.openapi.masking.mask import Mask
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.rules.judge import Verdict, judge, masked
from workerkit.scenarios.run_record.run import Run

_LOCAL_ADDRESS = MockAddress()


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of one trial. Only `run` and `mask` contain secrets.

    verdict: the verdict on the run.
    run: the record of the run.
    seconds: how long the trial took, in real time.
    requests: how many requests came.
    not_reached: the parts of the scenario that did not happen, each as text.
    output: the text that the worker printed.
    lines: one line for each exchange, with its request and its answer, also after the end of the run.
    timeline: the timeline of the run.
    mask: replaces the secrets in `run`.
    capsule: the capsule of the run. None if no capsule was wanted.
    """

    verdict: Verdict
    run: Run
    seconds: float
    requests: int
    not_reached: tuple[str, ...]
    output: str
    lines: tuple[str, ...]
    timeline: Timeline
    mask: Mask = field(repr=False)
    capsule: Capsule | None = None


def try_worker(
    scenario: Scenario,
    words: Sequence[str],
    *,
    time_limit: float,
    grace: float = GRACE,
    heartbeat_interval: float | None = None,
    stop: threading.Event | None = None,
    with_capsule: bool = False,
    tls: TlsFiles | None = None,
    address: MockAddress = _LOCAL_ADDRESS,
    kept_mocks: KeptMocks | None = None,
) -> Trial:
    """Runs a worker's command through a scenario and judges the run.

    The run ends when the scenario is over, when the command exits, or after the time limit.

    scenario: the scenario.
    words: the words of the command. `{base_url}` and `{api_key}` in them are replaced.
    time_limit, grace: in seconds. The grace period is the time between SIGTERM and SIGKILL.
    heartbeat_interval: how often the worker sends heartbeats by its own statement, in seconds. None if this
        was not stated.
    stop: set it to stop the trial.
    with_capsule: whether to make a capsule of the run.
    tls: the files for https; None for http.
    address: where the mock listens, and where the worker reaches it.
    kept_mocks: keeps the mock running after the trial. None: the mock ends with the trial.

    Raises CommandNotFoundError if the command cannot be started, and RunStoppedError after `stop` was set. No
    process of the command is left running.
    """
    began = steady_seconds()
    worlds = Worlds()
    # The world `default` also gets the requests with an unknown key.
    director = worlds.add(DEFAULT, WorldBuilder(scenario, heartbeat_interval=heartbeat_interval))
    first_snapshot = snapshot_of(director) if with_capsule else None
    mock = WorldServer(
        worlds, host=address.host, port=address.port, token=address.new_token(), tls=tls, address=address
    )
    with mock if kept_mocks is None else kept_mocks.running(scenario.name, mock):
        director.world.close_port = mock.close_port
        worker_run = run_command(mock, director, words, time_limit=time_limit, grace=grace, stop=stop)
    finish = partial(_finished, scenario, director, worker_run, first_snapshot, began)
    # Only the thread of a running mock may use its worlds.
    return finish() if kept_mocks is None else mock.run_in_server_thread(finish)


def _finished(
    scenario: Scenario,
    director: Director,
    worker_run: WorkerRun,
    first_snapshot: Json | None,
    began: float,
) -> Trial:
    run = worker_run.record
    assert run is not None
    mask, requests = mask_of(director.world), director.world.journal.count
    not_reached = tuple(map(mask.text, director.not_reached()))
    verdict = masked(judge(run), mask)
    lines = tuple(_line(mask, exchange) for exchange in run.with_leaving.exchanges)
    timeline = timeline_of(run.with_leaving, verdict.broken, mask)
    seconds = steady_seconds() - began
    capsule = None
    if first_snapshot:
        capsule = capture_world(director, first_snapshot, notes=verdict_notes(scenario, verdict))
    return Trial(
        verdict, run, seconds, requests, not_reached, worker_run.output, lines, timeline, mask, capsule
    )


def _line(mask: Mask, exchange: Exchange) -> str:
    """Returns an exchange in one line, without its number and its time."""
    return changed_text(mask.line(exchange), lambda line: line.split(" ", 2)[2])
