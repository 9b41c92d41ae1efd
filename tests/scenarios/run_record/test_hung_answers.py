"""How long a worker waits for answers that never come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from workerkit.scenarios.run_record.hung_answers import hung_answers, is_held_back, seconds_held_back
from workerkit.scenarios.run_record.run import Run

MakeWorker = Callable[..., Any]
HANG = {"fault": "hang"}


def run_of(make: MakeWorker, *waits: float) -> Run:
    """The record of a worker that gave up a request after each of these times, in seconds."""
    worker = make()
    for seconds in waits:
        worker.list_tasks(how={**HANG, "took": seconds})
    worker.list_tasks(how={"took": 9.0})
    record: Run = worker.run_record(ended_by="time-limit")
    return record


def with_open_connections(run: Run, seconds: float) -> Run:
    """The record as it was while the worker waited, this long after the first request that hung."""
    began = next(exchange for exchange in run.exchanges if exchange.number in hung_answers(run)).began
    applied = tuple(replace(faults, is_over=False) for faults in run.applied_faults)
    return replace(run, applied_faults=applied, recorded_at=began + seconds)


def test_only_answers_that_a_fault_holds_back_are_counted(scripted_worker: MakeWorker) -> None:
    run = run_of(scripted_worker, 2.0, 30.0)
    assert list(hung_answers(run).values()) == pytest.approx([2.0, 30.0])
    assert seconds_held_back(run) == pytest.approx(32.0)
    assert not is_held_back(run)


def test_a_long_wait_is_counted_in_part(scripted_worker: MakeWorker) -> None:
    assert seconds_held_back(run_of(scripted_worker, 600.0)) == pytest.approx(35.0)


@pytest.mark.parametrize(("seconds", "is_waiting"), [(28.0, True), (34.0, True), (36.0, False)])
def test_a_worker_is_held_back_while_its_timeout_may_come(
    scripted_worker: MakeWorker, seconds: float, is_waiting: bool
) -> None:
    run = with_open_connections(run_of(scripted_worker, 30.0), seconds)
    assert is_held_back(run) == is_waiting
    assert seconds_held_back(run) == 0.0
