"""The example workers, which are careful in every way that the kit knows of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workers.cast import EXAMPLE_WORKERS, EXAMPLES, Actor
from workerkit.mockserver.trial import Trial, try_worker
from workerkit.scenarios import library, loader

TIME_LIMIT = 60.0
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


def tried(actor: Actor, source: str | None = None) -> Trial:
    if actor.missing:
        pytest.skip(f"{actor.missing} is not on this machine")
    scenario = (
        library.find("key-revoked") if source is None else loader.parse(source.encode(), name="all.yaml")
    )
    return try_worker(scenario, actor.words, time_limit=TIME_LIMIT)


@pytest.mark.parametrize("actor", EXAMPLE_WORKERS, ids=lambda actor: actor.name)
def test_an_example_worker_passes_key_revoked(actor: Actor) -> None:
    trial = tried(actor)
    assert trial.verdict.broken == (), trial.output


@pytest.mark.parametrize("actor", EXAMPLE_WORKERS, ids=lambda actor: actor.name)
def test_an_example_worker_survives_whatever_goes_wrong(actor: Actor) -> None:
    trial = tried(actor, EVERYTHING)
    assert trial.verdict.broken == (), trial.output
    ends = [task["status"] for task in trial.run.own_tasks()]
    assert (ends.count("completed"), ends.count("failed")) == (14, 2)


def test_every_example_is_tried() -> None:
    tried_ones = {Path(actor.words[-1]).name for actor in EXAMPLE_WORKERS}
    assert {path.name for path in EXAMPLES.glob("worker*")} == tried_ones
