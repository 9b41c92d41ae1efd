"""Each fault is one trouble for the worker, or none; a run record has the troubles of each exchange."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workerkit.openapi.asked import Asked
from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.faults import FAULTS
from workerkit.scenarios.run_record.trouble import TROUBLES, troubles_of

Make = Callable[..., Exchange]
# The status faults have a trouble by the status of the answer. These faults mislead without any trouble.
NO_TROUBLE = {"status", "key-refused", "rate-limit", "listed-twice", "handed-over", "stale-page"}
NO_TROUBLE |= {"skewed-time", "unapplied", "partial-bulk"}
PARAMETERS: dict[str, dict[str, Any]] = {
    "bandwidth": {"rate": 5},
    "latency-fixed": {"seconds": 1.0},
    "latency-uniform": {"least": 1.0, "most": 2.0},
    "latency-lognormal": {"median": 1.0},
    "skewed-time": {"by": 1.0},
}


@pytest.mark.parametrize(
    ("status", "trouble"), [(401, "401"), (429, "429"), (500, "5xx"), (503, "5xx"), (400, None), (403, None)]
)
def test_the_status_of_an_answer_can_be_a_trouble(attempt: Make, status: int, trouble: str | None) -> None:
    assert troubles_of(attempt(0, status=status)) == ({trouble} if trouble else set())


def test_an_accepted_answer_that_is_not_json_is_unreadable(attempt: Make) -> None:
    assert troubles_of(attempt(0, status=200, answer_body=b"<html>")) == {"unreadable"}
    assert troubles_of(attempt(0, status=200, answer_body=b"{}")) == set()
    assert troubles_of(attempt(0, status=404, answer_body=b"<html>")) == set()


def test_a_fault_is_a_trouble_also_while_it_keeps_the_connection_open(attempt: Make) -> None:
    waiting = attempt(0, status=None, answer_body=b"")
    found = {
        name: troubles_of(waiting, [fault(**PARAMETERS.get(name, {}))]) for name, fault in FAULTS.items()
    }
    assert {name for name, troubles in found.items() if not troubles} == NO_TROUBLE
    assert all(len(troubles) <= 1 for troubles in found.values())
    assert {next(iter(troubles)) for troubles in found.values() if troubles} == set(TROUBLES) - {
        "5xx",
        "401",
        "429",
    }


def test_a_bulk_update_that_is_lost_in_its_middle_took_effect(attempt: Make) -> None:
    lost = FAULTS["partial-bulk"](**{"then": "lost"})
    assert troubles_of(attempt(0, status=None), [lost]) == {"answer-lost"}


def test_a_late_refusal_is_two_troubles(attempt: Make) -> None:
    late = FAULTS["latency-fixed"](**{"seconds": 1.0})
    assert troubles_of(attempt(0, status=503), [late]) == {"slow", "5xx"}


def test_a_run_record_has_what_each_exchange_asked_and_met(scripted_worker: Callable[..., Any]) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.list_tasks()
    worker.update(task, "running", {"fault": "status"})
    worker.complete_link(task, {"fault": "lost-answer"})
    run = worker.run_record()
    assert run.asked == {
        1: (Asked("heartbeat"),),
        2: (Asked("first-page"),),
        3: (Asked("running", task),),
        4: (Asked("completion", task),),
    }
    assert run.troubles == {1: set(), 2: set(), 3: {"5xx"}, 4: {"answer-lost"}}
