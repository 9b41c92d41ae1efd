"""The pace: pauses between requests, and waits after answers with status 429. The clock is a fake."""

from __future__ import annotations

import pytest

from tests.contracts.fake_clock import FakeClock
from workerkit.contracts.gate.pace import Pace
from workerkit.contracts.target.run_clock import RunClock


def pace_of(rate: float | None) -> tuple[Pace, FakeClock]:
    clock = FakeClock()
    return Pace(rate, clock.run_clock()), clock


def test_without_a_rate_there_are_no_pauses() -> None:
    pace, clock = pace_of(None)
    for _ in range(5):
        pace.wait_for_turn()
    assert clock.waits == []


def test_the_first_request_is_sent_at_once_and_each_further_one_after_a_pause() -> None:
    pace, clock = pace_of(4)
    for _ in range(3):
        pace.wait_for_turn()
    assert clock.waits == [0.25, 0.25]


def test_the_pause_is_shorter_if_time_has_passed_since_the_last_request() -> None:
    pace, clock = pace_of(2)
    pace.wait_for_turn()
    clock.now += 0.375
    pace.wait_for_turn()
    assert clock.waits == [0.125]


def test_a_long_time_without_requests_does_not_allow_many_requests_at_once() -> None:
    pace, clock = pace_of(2)
    pace.wait_for_turn()
    clock.now += 60
    for _ in range(3):
        pace.wait_for_turn()
    assert clock.waits == [0.5, 0.5]


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 1.0),
        (None, 1.0),
        ("", 1.0),
        ("soon", 1.0),
        ("-3", 1.0),
        ("\uff17", 1.0),
        ("Thu, 01 Jan 1970 00:16:45 GMT", 5.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1.0),
    ],
)
def test_the_wait_is_as_long_as_retry_after_says_and_at_least_one_second(
    retry_after: str | None, wait: float
) -> None:
    pace, clock = pace_of(None)
    clock.now = 1000.0
    assert pace.wait_after_429(retry_after, None) is None
    assert clock.waits == [wait]


def test_without_retry_after_each_wait_is_twice_as_long_as_the_previous_wait() -> None:
    pace, clock = pace_of(None)
    for _ in range(3):
        pace.wait_after_429(None, None)
    assert clock.waits == [1.0, 2.0, 4.0]


def test_all_waits_together_have_a_limit() -> None:
    pace, clock = pace_of(None)
    assert pace.wait_after_429("20", None) is None
    assert pace.wait_after_429("11", None) == "it demands more than 30 s of waiting"
    assert pace.wait_after_429("10", None) is None
    assert clock.waits == [20.0, 10.0]


@pytest.mark.parametrize("retry_after", ["3600", "9" * 400])
def test_a_very_long_wait_is_refused_at_once(retry_after: str) -> None:
    pace, clock = pace_of(None)
    assert pace.wait_after_429(retry_after, None) == "it demands more than 30 s of waiting"
    assert clock.waits == []


def test_there_is_no_wait_beyond_the_time_limit() -> None:
    pace, clock = pace_of(None)
    clock.now = 100.0
    assert pace.wait_after_429("5", 105.0) == "the time limit does not allow a wait of 5 s"
    assert clock.waits == []
    assert pace.wait_after_429("5", 105.5) is None
    assert clock.waits == [5.0]


def test_a_refused_wait_does_not_count() -> None:
    pace, clock = pace_of(None)
    assert pace.wait_after_429("29", 10.0) is not None
    assert pace.wait_after_429("30", None) is None
    assert clock.waits == [30.0]


def test_every_429_makes_the_pauses_longer_up_to_half_a_second() -> None:
    pace, clock = pace_of(None)
    pauses = []
    for _ in range(6):
        pace.wait_after_429("1", None)
        pace.wait_for_turn()
        clock.waits.clear()
        pace.wait_for_turn()
        pauses.extend(clock.waits)
    assert pauses == pytest.approx([0.05, 0.1, 0.2, 0.4, 0.5, 0.5])


def test_a_429_never_makes_the_pauses_shorter() -> None:
    pace, clock = pace_of(0.5)
    pace.wait_after_429("1", None)
    clock.waits.clear()
    for _ in range(2):
        pace.wait_for_turn()
    assert clock.waits == [2.0]


def test_callers_that_wait_at_the_same_time_get_different_turns() -> None:
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            # Another caller comes while this one waits.
            pace.wait_for_turn()

    pace = Pace(10.0, RunClock(steady=lambda: 0.0, wait=wait))
    for _ in range(2):
        pace.wait_for_turn()
    assert waits == pytest.approx([0.1, 0.2])
