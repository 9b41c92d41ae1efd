"""Careful workers of many styles break no rule in any scenario.

Here each scenario runs with one worker. `python -m benchmarks.soundness.matrix` runs all scenarios with all
workers.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.sampling import sampled
from tests.workers.careful_workers import CAREFUL_WORKERS, WorkerCommand
from tests.workers.trials import in_groups, run_in_parallel, trial_summary
from workerkit.mockserver.trials.trial import try_worker
from workerkit.scenarios.library import library

TIME_LIMIT = 240.0
RUNNABLE = [worker for worker in CAREFUL_WORKERS if not worker.missing]
PAIRS = [(name, RUNNABLE[index % len(RUNNABLE)]) for index, name in enumerate(library.names())]


@pytest.mark.parametrize(
    "pairs",
    sampled(in_groups(PAIRS), every=2),
    ids=lambda pairs: f"{pairs[0][0]}-and-others",
)
def test_careful_workers_break_no_rule(pairs: Sequence[tuple[str, WorkerCommand]]) -> None:
    trials = run_in_parallel(
        lambda pair: try_worker(
            library.find(pair[0]),
            pair[1].words,
            time_limit=TIME_LIMIT,
            heartbeat_interval=pair[1].heartbeat,
        ),
        pairs,
    )
    for (_, worker), trial in trials:
        assert trial.verdict.passed, f"{worker.name} in {trial_summary(trial)}"
