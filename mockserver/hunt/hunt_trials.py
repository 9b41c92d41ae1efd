"""Runs the trials of a hunt: several at the same time, within the limits of the plan."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from workerkit.mockserver.hunt.hunt_plan import HuntPlan
from workerkit.mockserver.steady_clock import steady_seconds
from workerkit.mockserver.trials.trial import Trial
from workerkit.mockserver.workers.worker_run import RunStoppedError
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.hunt.attempt import AnyAttempt

# Called with each attempt and its trial, in the order in which the trials end.
TrialObserver = Callable[[AnyAttempt, Trial], None]
AttemptTrials = Iterator[tuple[AnyAttempt, Trial]]


class HuntTrials:
    """Runs trials and counts them.

    on_trial: is called after each trial, also for repetitions, by the thread that reads the results.
    """

    def __init__(self, plan: HuntPlan, on_trial: TrialObserver) -> None:
        self._plan, self._on_trial = plan, on_trial
        self._deadline = steady_seconds() + plan.seconds
        self.count = 0

    @property
    def reason_to_end(self) -> str:
        """Why the search has to end, in words. Empty if it may go on."""
        if self.count >= self._plan.trials:
            return phrase("all trials were used")
        return phrase("the time was used up") if steady_seconds() >= self._deadline else ""

    def search(self, attempts: Iterable[AnyAttempt]) -> AttemptTrials:
        """Yields each attempt with its trial, in the order of the attempts, until the search has to end.

        If the caller stops reading, the trials that are running are stopped. Raises CommandNotFoundError.
        """
        for attempt, trial in self._in_parallel(self._within_limits(attempts)):
            self.count += 1
            yield attempt, trial

    def repeat(self, attempt: AnyAttempt, times: int) -> Iterator[Trial]:
        """Yields the trials of the same attempt, at most `times` of them. They are not counted."""
        return (trial for _, trial in self._in_parallel([attempt] * times))

    def _within_limits(self, attempts: Iterable[AnyAttempt]) -> Iterator[AnyAttempt]:
        for begun, attempt in enumerate(attempts, self.count):
            if begun >= self._plan.trials or self.reason_to_end:
                return
            yield attempt

    def _in_parallel(self, attempts: Iterable[AnyAttempt]) -> AttemptTrials:
        stop, running = threading.Event(), deque[tuple[AnyAttempt, Future[Trial | None]]]()
        with ThreadPoolExecutor(self._plan.jobs) as pool:
            try:
                for attempt in attempts:
                    running.append((attempt, pool.submit(self._try, attempt, stop)))
                    if len(running) >= self._plan.jobs:
                        yield from self._finished(*running.popleft())
                while running:
                    yield from self._finished(*running.popleft())
            finally:
                stop.set()

    def _finished(self, attempt: AnyAttempt, future: Future[Trial | None]) -> AttemptTrials:
        trial = future.result()
        if trial is not None:
            self._on_trial(attempt, trial)
            yield attempt, trial

    def _try(self, attempt: AnyAttempt, stop: threading.Event) -> Trial | None:
        try:
            return None if stop.is_set() else self._plan.try_attempt(attempt.scenario, stop=stop)
        except RunStoppedError:
            return None
