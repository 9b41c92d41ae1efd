"""The example workers, which are careful in every way that the kit knows of."""

from __future__ import annotations

from pathlib import Path

from tests.workers.cast import EXAMPLE_WORKERS, EXAMPLES
from tests.workers.trials import side_by_side, told
from workerkit.mockserver.trials.trial import try_worker
from workerkit.scenarios.loading import loader

TIME_LIMIT = 240.0
# Whatever can go wrong with a request, each a few times.
EVERYTHING = """
title: Everything goes wrong once
about: A bad day.
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
until: {tasks: ended, quiet: 300ms}
"""


ABLE = [actor for actor in EXAMPLE_WORKERS if not actor.missing]


def test_the_example_workers_survive_whatever_goes_wrong() -> None:
    everything = loader.parse(EVERYTHING.encode(), name="everything.yaml")
    trials = side_by_side(lambda actor: try_worker(everything, actor.words, time_limit=TIME_LIMIT), ABLE)
    for actor, trial in trials:
        assert trial.verdict.passed, f"{actor.name} in {told(trial)}"
        ends = [task["status"] for task in trial.run.own_tasks()]
        assert (ends.count("completed"), ends.count("failed")) == (14, 2), actor.name


def test_every_example_is_tried() -> None:
    tried = {Path(actor.words[-1]).name for actor in EXAMPLE_WORKERS}
    assert {path.name for path in EXAMPLES.glob("worker*")} == tried
