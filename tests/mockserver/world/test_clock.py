from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.world.clock import LATEST, Clock

BEGIN = 1_764_583_200.0


class Watch:
    """A timer that shows what it is told to."""

    def __init__(self) -> None:
        self.shows = 5000.0

    def __call__(self) -> float:
        return self.shows


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def clock(watch: Watch) -> Clock:
    return Clock(BEGIN, watch)


def test_a_clock_stands_until_it_is_first_read(clock: Clock, watch: Watch) -> None:
    watch.shows += 1000
    assert clock.now() == BEGIN
    watch.shows += 2.5
    assert clock.now() == BEGIN + 2.5


@settings(deadline=None)
@given(st.floats(0, 1e9))
def test_the_first_reading_is_the_beginning_whatever_the_timer_shows(shown: float) -> None:
    assert Clock(BEGIN, lambda: shown).now() == BEGIN


def test_advancing_is_no_reading(clock: Clock, watch: Watch) -> None:
    clock.advance(60)
    watch.shows += 1000
    assert clock.now() == BEGIN + 60


def test_a_running_clock_runs_on_when_advanced(clock: Clock, watch: Watch) -> None:
    assert clock.now() == BEGIN
    watch.shows += 1
    clock.advance(60)
    watch.shows += 1
    assert clock.now() == BEGIN + 62


def test_a_frozen_clock_stands_and_can_be_advanced(clock: Clock, watch: Watch) -> None:
    clock.now()
    clock.freeze(1000.0)
    watch.shows += 5
    assert clock.now() == 1000
    clock.advance(0.5)
    watch.shows += 5
    assert clock.now() == 1000.5


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), max_size=10))
def test_time_never_goes_back(steps: list[tuple[float, float]]) -> None:
    watch = Watch()
    clock = Clock(BEGIN, watch)
    last = clock.now()
    for passed, advanced in steps:
        watch.shows += passed
        clock.advance(advanced)
        now = clock.now()
        assert now >= last
        assert now == pytest.approx(last + passed + advanced)
        last = now


@pytest.mark.parametrize("seconds", [LATEST, float("inf"), float("nan"), -2 * BEGIN])
def test_a_time_that_cannot_be_written_is_refused_and_nothing_changes(clock: Clock, seconds: float) -> None:
    with pytest.raises(ValueError, match="between the years 1970 and 9999"):
        clock.advance(seconds)
    assert clock.now() == BEGIN


@pytest.mark.parametrize("at", [-1.0, LATEST + 1, float("nan")])
def test_a_clock_is_not_stopped_outside_its_years(clock: Clock, watch: Watch, at: float) -> None:
    assert clock.now() == BEGIN
    with pytest.raises(ValueError, match="between the years 1970 and 9999"):
        clock.freeze(at)
    watch.shows += 1
    assert clock.now() == BEGIN + 1


def test_the_last_second_is_a_time(clock: Clock) -> None:
    clock.freeze(LATEST)
    assert clock.now() == LATEST
    with pytest.raises(ValueError, match="between the years"):
        clock.advance(1)
