from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.world.clock import LATEST, Clock

BEGIN = 1_764_583_200.0


class ManualTimer:
    """A timer that tests set."""

    def __init__(self) -> None:
        self.seconds = 5000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def timer() -> ManualTimer:
    return ManualTimer()


@pytest.fixture
def clock(timer: ManualTimer) -> Clock:
    return Clock(BEGIN, timer)


def test_a_clock_does_not_run_until_its_first_reading(clock: Clock, timer: ManualTimer) -> None:
    timer.seconds += 1000
    assert clock.now() == BEGIN
    timer.seconds += 2.5
    assert clock.now() == BEGIN + 2.5


@settings(deadline=None)
@given(st.floats(0, 1e9))
def test_the_first_reading_is_the_begin_for_all_timers(seconds: float) -> None:
    assert Clock(BEGIN, lambda: seconds).now() == BEGIN


def test_advance_does_not_start_the_clock(clock: Clock, timer: ManualTimer) -> None:
    clock.advance(60)
    timer.seconds += 1000
    assert clock.now() == BEGIN + 60


def test_a_running_clock_continues_after_advance(clock: Clock, timer: ManualTimer) -> None:
    assert clock.now() == BEGIN
    timer.seconds += 1
    clock.advance(60)
    timer.seconds += 1
    assert clock.now() == BEGIN + 62


def test_a_frozen_clock_does_not_run_but_can_be_advanced(clock: Clock, timer: ManualTimer) -> None:
    clock.now()
    clock.freeze(1000.0)
    timer.seconds += 5
    assert clock.now() == 1000
    clock.advance(0.5)
    timer.seconds += 5
    assert clock.now() == 1000.5


def test_a_frozen_clock_goes_on_from_the_time_that_it_shows(clock: Clock, timer: ManualTimer) -> None:
    clock.freeze(1000.0)
    timer.seconds += 5
    for _ in range(2):  # a clock that runs is not changed
        clock.run()
        timer.seconds += 2
    assert clock.now() == 1004
    assert not clock.is_frozen


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), max_size=10))
def test_time_never_goes_back(steps: list[tuple[float, float]]) -> None:
    timer = ManualTimer()
    clock = Clock(BEGIN, timer)
    last = clock.now()
    for passed, advanced in steps:
        timer.seconds += passed
        clock.advance(advanced)
        now = clock.now()
        assert now >= last
        assert now == pytest.approx(last + passed + advanced)
        last = now


@pytest.mark.parametrize("seconds", [LATEST, float("inf"), float("nan"), -2 * BEGIN])
def test_an_impossible_time_is_refused_and_the_clock_does_not_change(clock: Clock, seconds: float) -> None:
    with pytest.raises(ValueError, match="between the years 1970 and 9999"):
        clock.advance(seconds)
    assert clock.now() == BEGIN


@pytest.mark.parametrize("at", [-1.0, LATEST + 1, float("nan")])
def test_a_clock_cannot_be_frozen_outside_its_years(clock: Clock, timer: ManualTimer, at: float) -> None:
    assert clock.now() == BEGIN
    with pytest.raises(ValueError, match="between the years 1970 and 9999"):
        clock.freeze(at)
    timer.seconds += 1
    assert clock.now() == BEGIN + 1


def test_a_clock_can_show_the_last_second(clock: Clock) -> None:
    clock.freeze(LATEST)
    assert clock.now() == LATEST
    with pytest.raises(ValueError, match="between the years"):
        clock.advance(1)
