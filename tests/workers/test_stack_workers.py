"""Careful workers with the HTTP libraries that people use break no rule.

Here the workers in Python and Node meet each trouble at each kind of request. `python -m
benchmarks.soundness.stacks` runs the workers of all languages in all scenarios.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workers.careful_workers import WorkerCommand
from tests.workers.stack_workers import QUICK_STACK_WORKERS, STACK_WORKERS
from tests.workers.trials import run_in_parallel, trial_summary
from workerkit.mockserver.trials.trial import try_worker
from workerkit.scenarios.library import library

TIME_LIMIT = 240.0
SCENARIOS = [name for name in library.names() if name.endswith("-at-every-step") and "slow" not in name]
PROGRAMS = {".py", ".mjs", ".java", ".php", ".go"}


@pytest.mark.parametrize("worker", QUICK_STACK_WORKERS, ids=lambda worker: worker.name)
def test_workers_with_known_libraries_break_no_rule(worker: WorkerCommand) -> None:
    if worker.missing:
        pytest.skip(f"{worker.name} needs {worker.missing}; `make test` installs what npm has")
    trials = run_in_parallel(
        lambda name: try_worker(
            library.find(name), worker.words, time_limit=TIME_LIMIT, heartbeat_interval=worker.heartbeat
        ),
        SCENARIOS,
    )
    for _, trial in trials:
        assert trial.verdict.passed, f"{worker.name} in {trial_summary(trial)}"


def test_every_worker_of_the_folder_has_a_command() -> None:
    stacks = Path(__file__).with_name("stacks")
    programs = {path.stem for path in stacks.rglob("*") if path.suffix in PROGRAMS}
    commands = {Path(worker.words[-1]).stem for worker in STACK_WORKERS}
    assert programs == commands
