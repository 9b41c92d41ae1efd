from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.openapi.formats.timestamp import TIME_PATTERN, TIME_WRITERS, read_time, time_text


@settings(deadline=None)
@given(st.integers(0, 253_402_300_799))
def test_a_whole_second_is_read_back_as_it_was_written(at: int) -> None:
    assert read_time(time_text(at)) == at


def test_the_time_of_the_pages_examples() -> None:
    assert time_text(1_764_583_200.0) == "2025-12-01T10:00:00Z"


def test_parts_of_a_second_are_left_out() -> None:
    assert time_text(1_764_583_200.999) == "2025-12-01T10:00:00Z"


def test_another_zone_is_the_same_moment() -> None:
    assert read_time("2025-12-01T17:00:00+07:00") == read_time("2025-12-01T10:00:00Z")


@pytest.mark.parametrize(
    ("precision", "text"),
    [
        ("seconds", "2025-12-01T10:00:00Z"),
        ("milliseconds", "2025-12-01T10:00:00.999Z"),
        ("microseconds", "2025-12-01T10:00:00.999900Z"),
        ("offset", "2025-12-01T17:00:00+07:00"),
    ],
)
def test_the_precision_decides_how_a_time_is_written(precision: str, text: str) -> None:
    assert TIME_WRITERS[precision](1_764_583_200.9999) == text


@settings(deadline=None)
@given(st.floats(0, 253_402_300_799), st.sampled_from(sorted(TIME_WRITERS)))
def test_a_written_time_is_read_back_less_than_a_second_off(at: float, precision: str) -> None:
    text = TIME_WRITERS[precision](min(at, 253_402_275_599))  # seven hours before the end of the year 9999
    assert TIME_PATTERN.fullmatch(text)
    assert abs(read_time(text) - min(at, 253_402_275_599)) < 1


@pytest.mark.parametrize("precision", TIME_WRITERS)
def test_the_last_second_of_the_year_9999_can_be_written(precision: str) -> None:
    assert TIME_WRITERS[precision](253_402_300_799).startswith("9999-12-31T23:59:59")


@pytest.mark.parametrize(
    "text", ["2025-12-01T10:00:00", "2025-12-01", "yesterday", "", "2025-13-01T10:00:00Z"]
)
def test_a_time_without_zone_or_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_time(text)
