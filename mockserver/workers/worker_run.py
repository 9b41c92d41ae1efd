"""Runs a worker's command with a world of the mock, until the run is over, and records the run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.steady_clock import steady_seconds
from workerkit.mockserver.workers.command import GRACE
from workerkit.mockserver.workers.worker_environment import fill_placeholders, no_proxy, worker_settings
from workerkit.mockserver.workers.worker_processes import WorkerProcesses
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.run_builder import build_run
from workerkit.openapi.errors import WorkerkitError
from workerkit.scenarios.rules.judge import has_failed
from workerkit.scenarios.run_record.hung_answers import is_held_back, seconds_held_back
from workerkit.scenarios.run_record.idleness import idle_seconds
from workerkit.scenarios.run_record.run import EndedBy, Run

_SECONDS_BETWEEN_CHECKS = 0.02
# A worker that exits when no task waits looks at the list a few times before. It may do so before SIGTERM.
_SECONDS_TO_LEAVE = 1.0
# A worker that does nothing more is not waited for. These are parts of the time limit.
_IDLE_PART, _IDLE_PART_AFTER_FAILURE = 1 / 2, 1 / 6
_SECONDS_BETWEEN_IDLE_CHECKS = 1.0
_SECONDS_BETWEEN_HELD_CHECKS = 0.5


class RunStoppedError(WorkerkitError):
    """The run was stopped from outside, before it was over."""


@dataclass(frozen=True, slots=True)
class WorkerRun:
    """The end of a run of a worker's command.

    ended_by: what ended the run.
    exit_code: the exit code of the command. Negative if a signal ended the command. None if the command did
        not exit by itself.
    output: the text that the command printed, without secrets.
    record: the record of the run, with secrets. None if the world has no scenario.
    """

    ended_by: EndedBy
    exit_code: int | None
    output: str
    record: Run | None = field(default=None, repr=False, compare=False)


def run_command(
    mock: WorldServer,
    director: Director,
    words: Sequence[str],
    *,
    time_limit: float,
    grace: float = GRACE,
    stop: threading.Event | None = None,
) -> WorkerRun:
    """Runs a worker's command with the world of `director`.

    The run ends when the scenario of the world is over, when the command exits, or after the time limit. If
    the scenario goes on at its end to judge heartbeats, this time is added to the limit. So is the time for
    which the worker waited for answers that a fault held back, up to the limit itself. The run also ends if
    the worker has open tasks and does nothing more: after half of the time limit, or after a sixth if the
    worker has broken a rule for good.

    The run is recorded in this moment. Then the worker gets a second to exit by itself if it has done all
    tasks, then SIGTERM and, after the grace period, SIGKILL. The record has the requests of this time as
    `leaving`.

    words: the words of the command. `{base_url}` and `{api_key}` in them are replaced.
    time_limit, grace: in seconds.
    stop: set it to stop the run.

    Raises CommandNotFoundError if the command cannot be started, and RunStoppedError after `stop` was set. No
    process of the command is left running.
    """
    settings = worker_settings(mock, director)
    words = fill_placeholders(words, settings)
    with WorkerProcesses(words, {**settings, **no_proxy(mock.base_url)}, grace=grace) as processes:
        run = _RunningWorker(mock, director, processes, time_limit)
        return run.until_end(stop or threading.Event())


class _RunningWorker:
    """A worker whose run is not over yet."""

    def __init__(
        self, mock: WorldServer, director: Director, processes: WorkerProcesses, time_limit: float
    ) -> None:
        self._mock, self._director, self._processes = mock, director, processes
        self._time_limit = time_limit
        self._first_deadline = steady_seconds() + time_limit + director.heartbeat_seconds()
        self._deadline = self._first_deadline
        self._next_idle_check = steady_seconds() + time_limit * _IDLE_PART_AFTER_FAILURE
        self._record: Run | None = None
        mock.run_in_server_thread(lambda: director.control_worker(processes))

    def until_end(self, stop: threading.Event) -> WorkerRun:
        """Waits for the end of the run, records it, and ends the worker."""
        ended_by = self._wait_for_end(stop)
        if ended_by == "until" and self._record and self._record.scenario.until.waits_for_tasks:
            self._processes.wait(_SECONDS_TO_LEAVE)
        exit_code = self._processes.exit_code if ended_by == "exit" else None
        self._processes.end()
        mask = self._mock.run_in_server_thread(lambda: mask_of(self._director.world))
        record = self._mock.run_in_server_thread(lambda: self._full_record(ended_by, exit_code))
        return WorkerRun(ended_by, exit_code, self._processes.output(mask.text), record)

    def _wait_for_end(self, stop: threading.Event) -> EndedBy:
        while True:
            if stop.is_set():
                raise RunStoppedError
            if self._processes.wait(_SECONDS_BETWEEN_CHECKS) and self._mock.run_in_server_thread(
                self._is_not_started_again
            ):
                return "exit"
            if ended_by := self._mock.run_in_server_thread(self._check):
                return ended_by

    def _is_not_started_again(self) -> bool:
        """Whether the worker has exited for good. Ends the control of the scenario over it then."""
        self._director.apply_due_effects()
        has_exited = self._processes.have_exited and not self._director.awaits_start()
        if has_exited:
            self._director.control_worker(None)
        return has_exited

    def _check(self) -> EndedBy | None:
        """Records the run if it is over. Returns what ended it."""
        ended_by = self._reason_to_end()
        if ended_by is not None:
            self._director.control_worker(None)
            self._record = self._new_record(ended_by, None)
        return ended_by

    def _reason_to_end(self) -> EndedBy | None:
        if self._director.scenario is not None and self._director.is_over():
            return "until"
        if steady_seconds() >= self._deadline and self._is_time_up():
            return "time-limit"
        if steady_seconds() < self._next_idle_check or not self._director.waits_only_for_worker():
            return None
        self._next_idle_check = steady_seconds() + _SECONDS_BETWEEN_IDLE_CHECKS
        return self._idle_reason(build_run(self._director, "time-limit", None))

    def _is_time_up(self) -> bool:
        """Whether the time limit is reached. Moves it if a fault of the scenario held answers back."""
        if self._director.scenario is None:
            return True
        run = build_run(self._director, "time-limit", None)
        now = steady_seconds()
        if is_held_back(run):
            moved = now + _SECONDS_BETWEEN_HELD_CHECKS
        else:
            moved = self._first_deadline + seconds_held_back(run)
        self._deadline = min(moved, self._first_deadline + self._time_limit)
        return now >= self._deadline

    def _idle_reason(self, run: Run) -> EndedBy | None:
        """Whether, and why, a worker that does nothing more is not waited for."""
        idle = idle_seconds(run)
        if idle >= self._time_limit * _IDLE_PART:
            return "idle"
        return "failed" if idle >= self._time_limit * _IDLE_PART_AFTER_FAILURE and has_failed(run) else None

    def _full_record(self, ended_by: EndedBy, exit_code: int | None) -> Run | None:
        """The record of the run, with the exchanges after its end."""
        last = self._new_record(ended_by, exit_code)
        return last if self._record is None or last is None else self._record.followed_by(last.exchanges)

    def _new_record(self, ended_by: EndedBy, exit_code: int | None) -> Run | None:
        return build_run(self._director, ended_by, exit_code) if self._director.scenario else None
