"""The record of a run, with a real worker, real sockets and faults."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.mockserver.world.journal import CAPACITY
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.worlds.run_builder import build_run
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.faults.mislead.lost_answer import LostAnswer
from workerkit.scenarios.faults.refuse.status import Status
from workerkit.scenarios.library import library
from workerkit.scenarios.loading import loader

EXAMPLE = Path(__file__).parents[2] / "examples" / "worker.py"
MANY_FAULTS = """
title: Many faults
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
def many_faults() -> Trial:
    """A run of the example worker with many faults."""
    scenario = loader.parse(MANY_FAULTS.encode(), name="many-faults.yaml")
    return try_worker(scenario, [sys.executable, str(EXAMPLE)], time_limit=240)


def test_a_careful_worker_follows_all_rules_with_many_faults(many_faults: Trial) -> None:
    assert (many_faults.verdict.broken, many_faults.output) == ((), "")


def test_the_record_has_the_cause_and_the_exchange_of_each_change(many_faults: Trial) -> None:
    run = many_faults.run
    by_number = {exchange.number: exchange for exchange in run.exchanges}
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
    assert run.is_complete


def test_the_record_has_the_faults_of_each_exchange_and_whether_the_world_changed(many_faults: Trial) -> None:
    by_type = {type(fault): applied for applied in many_faults.run.applied_faults for fault in applied.faults}
    lost, refused = by_type[LostAnswer], by_type[Status]
    assert (lost.is_unreadable, lost.is_over) == (True, True)
    assert not refused.is_unreadable
    assert many_faults.run.exchanges[lost.number - 1].status is None


def test_reports_and_lists_are_read_from_the_answers_that_the_worker_received(many_faults: Trial) -> None:
    outcomes = {report.outcome for report in many_faults.run.reports}
    assert outcomes == {"accepted", "temporary-failure", "refused", "unclear"}
    assert many_faults.run.pages[0].exchange.operation == "listTasks"
    assert len(many_faults.run.pages[0].tasks) == 14


def test_only_a_world_with_a_scenario_records_changes_of_workers() -> None:
    for scenario, count in ((None, 0), (library.find("key-revoked"), 3)):
        world = WorldBuilder(scenario, seed=1)("w").world
        task = create_task(world, {"retry_count": 0, "status": "failed"})
        world.update_task(task, {"status": "pending", "note": "again"})
        expected = [("server", None, "server-01"), ("note", None, "again"), ("retry_count", 0, 1)]
        found = [(change.field, change.was, change.now) for change in world.change_log.changes]
        assert found == [*expected, ("status", "failed", "pending")][: 4 if count else 0]


def test_a_record_without_its_first_exchanges_is_not_complete() -> None:
    director = WorldBuilder(library.find("key-revoked"), seed=1)("w")
    journal = director.world.journal
    for _ in range(CAPACITY + 1):
        number = journal.next_number()
        journal.add(Exchange(number, None, None, "GET", "/", "", (), b"", 404, (), b"", 0.0, 0.0))
    assert not build_run(director, "until", None).is_complete
