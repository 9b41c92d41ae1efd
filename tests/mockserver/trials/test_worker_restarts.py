"""Scenarios that stop, kill and start the worker's process."""

from __future__ import annotations

import pytest

from tests.mockserver.trials.test_trial import TIME_LIMIT, broken_rules, worker
from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.scenarios.loading import loader
from workerkit.scenarios.model.scenario import Scenario

STORY = """
title: The process ends
about: The process ends and starts again.
world: {{servers: [server-01], tasks: [{{count: 3, server: server-01}}]}}
when:
  - {{change: {{status: running}}, do: [{effects}]}}
expect: [tasks-ended]
until: {{tasks: ended, calls: {{number: 2, of: heartbeat}}, quiet: 10ms}}
"""
DOES_WHAT_WAITS = """
send("POST", "/health", {})
for task in send("GET", "/tasks?status=" + STATUS)[1]["data"]:
    send("PUT", "/tasks/" + task["id"], {"status": "running"})
    send("PUT", "/tasks/" + task["id"], {"status": "completed"})
"""
LOSES_RUNNING = f"STATUS = 'pending'\n{DOES_WHAT_WAITS}"
TAKES_UP_RUNNING = f"STATUS = 'pending,running'\n{DOES_WHAT_WAITS}"
GOES_ON_AT_SIGTERM = f"signal.signal(signal.SIGTERM, lambda *_: print('told'))\n{LOSES_RUNNING}"


def story(*effects: str) -> Scenario:
    return loader.parse(STORY.format(effects=", ".join(effects)).encode(), name="process-ends.yaml")


def trial_of(source: str, *effects: str) -> Trial:
    return try_worker(story(*effects), worker(source), time_limit=TIME_LIMIT)


@pytest.mark.parametrize("how", ["stop-worker", "kill-worker"])
def test_a_worker_that_is_started_again_may_take_up_what_it_left(how: str) -> None:
    trial = trial_of(TAKES_UP_RUNNING, how, "start-worker")
    assert (trial.verdict.passed, broken_rules(trial)) == (True, [])
    assert [event.kind for event in trial.run.events] == [how, "start-worker"]
    assert [exchange.operation for exchange in trial.run.exchanges].count("heartbeat") == 2


@pytest.mark.parametrize("how", ["stop-worker", "kill-worker"])
def test_a_worker_that_never_looks_for_what_it_left_fails(how: str) -> None:
    trial = trial_of(LOSES_RUNNING, how, "start-worker")
    assert (trial.run.ended_by, trial.run.exit_code) == ("exit", 0)
    assert broken_rules(trial) == ["tasks-ended", "none-left-running"]


def test_a_stopped_worker_may_end_what_it_began() -> None:
    trial = trial_of(GOES_ON_AT_SIGTERM, "stop-worker", "start-worker")
    assert broken_rules(trial) == []
    assert trial.output.startswith("told\n")


def test_a_worker_that_is_stopped_for_good_must_leave_nothing_running() -> None:
    trial = trial_of(LOSES_RUNNING, "stop-worker")
    assert (trial.run.ended_by, trial.run.exit_code) == ("exit", None)
    assert broken_rules(trial) == ["tasks-ended", "none-left-running"]


def test_two_workers_share_a_world_and_a_key() -> None:
    trial = trial_of(f"print(KEY)\n{TAKES_UP_RUNNING}", "start-worker")
    first, second = trial.output.split("\n\n(start 2 of the worker)\n")
    assert first.strip() == second.strip() != ""
    assert "tasks-ended" not in broken_rules(trial)


def test_the_trial_waits_for_a_start_that_comes_after_some_time() -> None:
    source = STORY.format(effects="kill-worker")
    later = "  - {after: 200ms, do: [start-worker]}\nexpect"
    scenario = loader.parse(source.replace("expect", later, 1).encode(), name="later.yaml")
    trial = try_worker(scenario, worker(TAKES_UP_RUNNING), time_limit=TIME_LIMIT)
    assert broken_rules(trial) == []
    assert "(start 2 of the worker)" in trial.output


def test_a_worker_that_is_killed_for_good_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="never started again after this: add start-worker"):
        story("kill-worker")
