from __future__ import annotations

from collections.abc import Callable

import pytest

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api
from workerkit.scenarios.fields.vocabulary import api_vocabulary
from workerkit.scenarios.model.until import EnoughCalls, Until

QUIET = Until(quiet=0.5)
ENDED = worker_api().statuses_in("ended")


def test_polling_operations_are_operations_of_the_spec() -> None:
    assert {"heartbeat", "listTasks"} < set(api_vocabulary().operations)


@pytest.mark.parametrize("status", ["pending", "queued", "running"])
def test_a_scenario_waits_for_all_tasks(attempt: Callable[..., Exchange], status: str) -> None:
    update = attempt(0.0)
    assert not QUIET.holds(statuses=["completed", status], exchanges=[update], now=update.ended + 60)


def test_a_scenario_ends_when_all_tasks_ended_and_the_worker_is_quiet(
    attempt: Callable[..., Exchange],
) -> None:
    update = attempt(0.0)
    assert not QUIET.holds(statuses=ENDED, exchanges=[update], now=update.ended + 0.4)
    assert QUIET.holds(statuses=ENDED, exchanges=[update], now=update.ended + 0.6)


def test_a_worker_that_only_polls_is_quiet(attempt: Callable[..., Exchange]) -> None:
    polls = [attempt(i / 10, operation=["heartbeat", "listTasks"][i % 2], status=200) for i in range(1, 20)]
    assert QUIET.holds(statuses=ENDED, exchanges=[attempt(0.0), *polls], now=polls[-1].ended)
    assert QUIET.holds(statuses=ENDED, exchanges=polls, now=polls[-1].ended)


def test_a_later_request_makes_the_quiet_time_begin_again(attempt: Callable[..., Exchange]) -> None:
    log = attempt(3.0, operation="sendLogs", status=200)
    assert not QUIET.holds(statuses=ENDED, exchanges=[attempt(0.0), log], now=log.ended + 0.4)


def test_time_counts_from_the_happening(attempt: Callable[..., Exchange]) -> None:
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


def test_after_a_happening_without_time_the_worker_has_to_be_quiet(attempt: Callable[..., Exchange]) -> None:
    first = attempt(0.0)
    happened = {"gone": first.began}
    holds = Until(happening="gone").holds
    assert not holds(statuses=["running"], exchanges=[first], now=first.ended + 0.4, happened=happened)
    assert holds(statuses=["running"], exchanges=[first], now=first.ended + 0.6, happened=happened)


def test_calls_of_several_operations_count_together(attempt: Callable[..., Exchange]) -> None:
    until = Until(calls=EnoughCalls(3, ("heartbeat", "listTasks")), quiet=0.0)
    first = attempt(0.0)
    calls = {"any": 9, "heartbeat": 1, "updateTask": 7, "listTasks": 1}
    now = first.ended + 1
    assert not until.holds(statuses=[], exchanges=[first], now=now, calls=calls)
    assert until.holds(statuses=[], exchanges=[first], now=now, calls={**calls, "listTasks": 2})


def test_all_conditions_have_to_hold(attempt: Callable[..., Exchange]) -> None:
    until = Until(tasks="ended", time=1.0)
    first = attempt(0.0)
    assert not until.holds(statuses=["running"], exchanges=[first], now=first.ended + 5)
    assert not until.holds(statuses=ENDED, exchanges=[first], now=first.began + 0.9)
    assert until.holds(statuses=ENDED, exchanges=[first], now=first.began + 1)


def test_a_scenario_does_not_end_before_the_first_request() -> None:
    assert not QUIET.holds(statuses=ENDED, exchanges=[], now=1e12)


@pytest.mark.parametrize(("interval", "seconds"), [(0.5, 5.0), (5.0, 12.5)])
def test_a_scenario_goes_on_until_a_missing_heartbeat_would_be_seen(
    attempt: Callable[..., Exchange], interval: float, seconds: float
) -> None:
    until = Until(tasks="ended", quiet=0.0, heartbeats="judged")
    update = attempt(0.0)
    others = [
        attempt(0.2, operation="sendLogs", status=200),
        attempt(0.4, operation="heartbeat", status=200),
    ]
    assert until.heartbeat_seconds(interval) == seconds

    def holds(exchanges: list[Exchange], now: float) -> bool:
        return until.holds(
            statuses=ENDED, exchanges=exchanges, now=now + seconds, heartbeat_interval=interval
        )

    assert holds([update, *others], update.ended)
    assert not holds([update, *others], update.ended - 0.1)
    refused = attempt(0.6, operation="heartbeat", status=500)
    assert not holds([update, *others, refused], refused.ended - 0.1)
    assert holds([update, *others, refused], refused.ended)
    assert until.heartbeat_seconds(None) == 0.0
    assert Until(tasks="ended").heartbeat_seconds(interval) == 0.0
