from __future__ import annotations

from collections.abc import Callable

import pytest

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.until import ENDS, Until
from workerkit.scenarios.vocabulary import documented

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


def test_it_is_not_over_before_the_worker_said_anything() -> None:
    assert not QUIET.holds(statuses=ENDS, exchanges=[], now=1e12)
