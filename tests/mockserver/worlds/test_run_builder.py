"""What the judge gets to see of a world, on real sockets and with real faults."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.mockserver.world.journal import CAPACITY
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.worlds.run_builder import run_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.faults import LostAnswer, Status
from workerkit.scenarios.library import library
from workerkit.scenarios.loading import loader

EXAMPLE = Path(__file__).parents[2] / "examples" / "worker.py"
STORM = """
title: A storm
about: Everything goes wrong once, and some things more often.
world:
  seed: 3
  servers: [{name: server-01}, {name: server-02}]
  tasks:
    - {count: 12, server: server-01}
    - {count: 2, server: server-01, config: '{"simulate": "fail"}'}
when:
  - call: 1
    do:
      - add-fault: {fault: status, status: 503, operation: updateTask, calls: 2..3}
      - add-fault: {fault: status, status: 403, operation: updateTask, nth: 8}
      - add-fault: {fault: lost-answer, operation: updateTask, nth: 12}
      - add-fault: {fault: truncated-json, operation: listTasks, nth: 1}
      - add-fault: {fault: wrong-content-type, operation: updateTask, nth: 16}
      - add-fault: {fault: handed-over, operation: listTasks, nth: 2}
      - add-fault: {fault: unapplied, operation: sendLogs}
until: {tasks: ended, quiet: 100ms}
"""


@pytest.fixture(scope="module")
def storm() -> Trial:
    scenario = loader.parse(STORM.encode(), name="storm.yaml")
    return try_worker(scenario, [sys.executable, str(EXAMPLE)], time_limit=240)


def test_a_careful_worker_keeps_all_rules_in_a_storm(storm: Trial) -> None:
    assert (storm.verdict.broken, storm.output) == ((), "")


def test_the_record_says_who_made_each_change_of_a_task_and_in_which_exchange(storm: Trial) -> None:
    run = storm.run
    by_number = {each.number: each for each in run.exchanges}
    statuses = [change for change in run.changes if change.field == "status"]
    assert {change.now for change in statuses} >= {"running", "completed", "failed"}
    for change in statuses:
        assert change.by == ""
        exchange = by_number[change.number]
        assert change.id in exchange.path or change.id.encode() in exchange.request_body
        assert f'"status": "{change.now}"'.encode() in exchange.request_body
        assert exchange.began <= change.at <= exchange.ended
    (moved,) = [change for change in run.changes if change.field == "server"]
    assert (moved.was, moved.now, moved.by) == ("server-01", "server-02", "the fault handed-over")
    assert run.whole


def test_the_record_says_which_fault_struck_and_whether_the_request_was_applied(storm: Trial) -> None:
    struck = {type(fault): each for each in storm.run.struck for fault in each.faults}
    lost, refused = struck[LostAnswer], struck[Status]
    assert (lost.applied, lost.garbled, lost.over) == (True, True, True)
    assert (refused.applied, refused.garbled) == (False, False)
    assert storm.run.exchanges[lost.number - 1].status is None


def test_reports_and_lists_are_read_as_the_worker_was_told(storm: Trial) -> None:
    told = {report.outcome for report in storm.run.reports}
    assert told == {"done", "trouble", "refused", "unsure"}
    assert storm.run.listings[0].exchange.operation == "listTasks"
    assert len(storm.run.listings[0].tasks) == 14


def test_only_a_world_with_a_scenario_remembers_what_workers_change() -> None:
    for scenario, count in ((None, 0), (library.find("key-revoked"), 3)):
        world = WorldBuilder(scenario, seed=1)("w").world
        task = create_task(world, {"retry_count": 0, "status": "failed"})
        world.update_task(task, {"status": "pending", "note": "again"})
        expected = [("server", None, "server-01"), ("note", None, "again"), ("retry_count", 0, 1)]
        found = [(each.field, each.was, each.now) for each in world.past]
        assert found == [*expected, ("status", "failed", "pending")][: 4 if count else 0]


def test_a_record_whose_beginning_is_gone_says_so() -> None:
    director = WorldBuilder(library.find("key-revoked"), seed=1)("w")
    journal = director.world.journal
    for _ in range(CAPACITY + 1):
        number = journal.next_number()
        journal.add(Exchange(number, None, None, "GET", "/", "", (), b"", 404, (), b"", 0.0, 0.0))
    assert not run_of(director, "until", None).whole
