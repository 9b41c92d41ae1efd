from __future__ import annotations

from collections.abc import Callable

import pytest

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.fields.vocabulary import documented
from workerkit.scenarios.model.until import ENDS, EnoughCalls, Until

QUIET = Until(quiet=0.5)


def test_ends_are_statuses_of_the_spec() -> None:
    assert set(ENDS) < set(documented().task_statuses)


def test_polling_operations_are_operations_of_the_spec() -> None:
    assert {"heartbeat", "listTasks"} < set(documented().operations)


@pytest.mark.parametrize("status", ["pending", "queued", "running"])
def test_a_task_before_its_end_keeps_it_open(attempt: Callable[..., Exchange], status: str) -> None:
    update = attempt(0.0)
    assert not QUIET.holds(statuses=["completed", status], exchanges=[update], now=update.ended + 60)


def test_it_is_over_when_all_ended_and_it_was_quiet(attempt: Callable[..., Exchange]) -> None:
    update = attempt(0.0)
    assert not QUIET.holds(statuses=ENDS, exchanges=[update], now=update.ended + 0.4)
    assert QUIET.holds(statuses=ENDS, exchanges=[update], now=update.ended + 0.6)


def test_a_daemon_that_polls_is_quiet(attempt: Callable[..., Exchange]) -> None:
    polls = [attempt(i / 10, operation=["heartbeat", "listTasks"][i % 2], status=200) for i in range(1, 20)]
    assert QUIET.holds(statuses=ENDS, exchanges=[attempt(0.0), *polls], now=polls[-1].ended)
    assert QUIET.holds(statuses=ENDS, exchanges=polls, now=polls[-1].ended)


def test_a_report_after_the_last_end_is_waited_for(attempt: Callable[..., Exchange]) -> None:
    log = attempt(3.0, operation="sendLogs", status=200)
    assert not QUIET.holds(statuses=ENDS, exchanges=[attempt(0.0), log], now=log.ended + 0.4)


def test_a_happening_is_waited_for_and_then_its_time(attempt: Callable[..., Exchange]) -> None:
    until = Until(happening="gone", time=2.0)
    exchanges = [attempt(0.0), attempt(3.0)]
    now = exchanges[-1].ended + 60
    assert not until.holds(statuses=["pending"], exchanges=exchanges, now=now, happened={"other": 1.0})
    assert not until.holds(statuses=["pending"], exchanges=exchanges, now=now, happened={"gone": now - 1.9})
    assert until.holds(statuses=["pending"], exchanges=exchanges, now=now, happened={"gone": now - 2.0})


def test_without_a_happening_time_counts_from_the_first_request(attempt: Callable[..., Exchange]) -> None:
    first = attempt(0.0)
    exchanges = [first, attempt(2.9)]
    assert not Until(time=3.0).holds(statuses=["running"], exchanges=exchanges, now=first.began + 2.95)
    assert Until(time=3.0).holds(statuses=["running"], exchanges=exchanges, now=first.began + 3.0)


def test_a_happening_without_a_time_is_followed_by_quiet(attempt: Callable[..., Exchange]) -> None:
    first = attempt(0.0)
    happened = {"gone": first.began}
    holds = Until(happening="gone").holds
    assert not holds(statuses=["running"], exchanges=[first], now=first.ended + 0.4, happened=happened)
    assert holds(statuses=["running"], exchanges=[first], now=first.ended + 0.6, happened=happened)


def test_so_many_calls_of_some_operations_are_waited_for(attempt: Callable[..., Exchange]) -> None:
    until = Until(calls=EnoughCalls(3, ("heartbeat", "listTasks")), quiet=0.0)
    first = attempt(0.0)
    calls = {"any": 9, "heartbeat": 1, "updateTask": 7, "listTasks": 1}
    now = first.ended + 1
    assert not until.holds(statuses=[], exchanges=[first], now=now, calls=calls)
    assert until.holds(statuses=[], exchanges=[first], now=now, calls={**calls, "listTasks": 2})


def test_all_that_is_named_has_to_hold(attempt: Callable[..., Exchange]) -> None:
    until = Until(tasks="ended", time=1.0)
    first = attempt(0.0)
    assert not until.holds(statuses=["running"], exchanges=[first], now=first.ended + 5)
    assert not until.holds(statuses=ENDS, exchanges=[first], now=first.began + 0.9)
    assert until.holds(statuses=ENDS, exchanges=[first], now=first.began + 1)


def test_it_is_not_over_before_the_worker_said_anything() -> None:
    assert not QUIET.holds(statuses=ENDS, exchanges=[], now=1e12)
