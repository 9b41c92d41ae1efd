"""The example workers are careful: they break no rule, even if every kind of failure happens."""

from __future__ import annotations

from pathlib import Path

from tests.workers.careful_workers import EXAMPLE_WORKERS, EXAMPLES
from tests.workers.trials import run_in_parallel, trial_summary
from workerkit.mockserver.trials.trial import try_worker
from workerkit.scenarios.loading import loader

TIME_LIMIT = 240.0
# A scenario with many kinds of failures.
MANY_FAILURES = """
title: Many failures
about: Many requests fail in many ways.
world:
  servers: [server-01, server-02]
  tasks:
    - {count: 9, server: server-01, status: pending}
    - {count: 3, server: server-01, status: queued}
    - {count: 2, server: server-01, status: running}
    - {count: 2, server: server-01, status: pending, config: '{"simulate": "fail"}'}
    - {count: 3, server: server-02}
when:
  - call: 2
    do:
      - add-fault: {fault: truncated-json, operation: listTasks, nth: 1}
      - add-fault: {fault: listed-twice, operation: listTasks, calls: 2..4}
      - add-fault: {fault: wrong-content-type, operation: listTasks, calls: 3..4}
      - add-fault: {fault: partial-bulk, operation: bulkUpdateTasks, nth: 1}
      - add-fault: {fault: lost-answer, operation: bulkUpdateTasks, nth: 4}
      - add-fault: {fault: lost-answer, operation: updateTask, nth: 3}
      - add-fault: {fault: garbage, operation: updateTask, nth: 6}
      - add-fault: {fault: lost-answer, operation: completeLink, nth: 2}
      - add-fault: {fault: reset-in-body, operation: completeLink, nth: 4}
      - add-fault: {fault: status, status: 500, operation: updateLink, nth: 3}
      - add-fault: {fault: status, status: 503, operation: sendLogs, nth: 1}
      - add-fault: {fault: skewed-time, by: 3h}
expect: [tasks-ended]
until: {tasks: ended, quiet: 3s}
"""


RUNNABLE = [worker for worker in EXAMPLE_WORKERS if not worker.missing]


def test_the_example_workers_survive_many_failures() -> None:
    scenario = loader.parse(MANY_FAILURES.encode(), name="many-failures.yaml")
    trials = run_in_parallel(
        lambda worker: try_worker(scenario, worker.words, time_limit=TIME_LIMIT), RUNNABLE
    )
    for worker, trial in trials:
        assert trial.verdict.passed, f"{worker.name} in {trial_summary(trial)}"
        statuses = [task["status"] for task in trial.run.own_tasks()]
        assert (statuses.count("completed"), statuses.count("failed")) == (14, 2), worker.name


def test_every_example_worker_is_tested() -> None:
    tested = {Path(worker.words[-1]).name for worker in EXAMPLE_WORKERS}
    assert {path.name for path in EXAMPLES.glob("worker*")} == tested
