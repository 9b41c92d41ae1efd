"""A schedule says which requests a fault affects: by their numbers, by their times, or by both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.fields.call_span import Calls, CallSpanError, parse_calls

NUMBERS = st.integers(1, 30)
TIMES = st.integers(0, 30).map(float)


@st.composite
def spans(draw: st.DrawFn) -> Calls:
    first = draw(NUMBERS)
    return Calls(first, draw(st.none() | st.integers(first, 40)))


@given(span=spans())
def test_the_text_of_a_span_is_read_as_the_same_span(span: Calls) -> None:
    assert parse_calls(str(span)) == span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("4", Calls(4, 4)),
        ("3..7", Calls(3, 7)),
        ("3..", Calls(3)),
        ("..7", Calls(1, 7)),
        (" 2..2 ", Calls(2, 2)),
    ],
)
def test_a_span_has_four_forms(text: str, span: Calls) -> None:
    assert parse_calls(text) == span


@pytest.mark.parametrize("text", ["", "..", "0", "0..3", "7..3", "a", "1.5", "-1", "1...3", "1..2..3", "²"])
def test_a_text_that_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(CallSpanError, match=r"span of calls|no call in it"):
        parse_calls(text)


@given(span=spans(), number=NUMBERS)
def test_a_span_has_the_calls_from_its_first_to_its_last(span: Calls, number: int) -> None:
    assert (number in span) == (number in range(span.first, (span.last or 10**9) + 1))


@given(number=NUMBERS, elapsed=TIMES)
def test_an_empty_schedule_allows_every_call_at_any_time(number: int, elapsed: float) -> None:
    assert Schedule().allows(number, elapsed=elapsed)


@given(nth=NUMBERS, number=NUMBERS)
def test_nth_allows_only_the_call_with_this_number(nth: int, number: int) -> None:
    assert Schedule(nth=nth).allows(number, elapsed=0.0) == (number == nth)


@given(after=TIMES, length=st.none() | TIMES, elapsed=TIMES)
def test_after_and_for_allow_calls_from_their_beginning_to_before_their_end(
    after: float, length: float | None, elapsed: float
) -> None:
    is_open = after <= elapsed and (length is None or elapsed < after + length)
    assert Schedule(after=after, for_=length).allows(1, elapsed=elapsed) == is_open


@given(span=spans(), after=TIMES, length=TIMES, number=NUMBERS, elapsed=TIMES)
def test_a_call_has_to_be_in_the_span_and_in_the_window(
    span: Calls, after: float, length: float, number: int, elapsed: float
) -> None:
    in_span = Schedule(calls=span).allows(number, elapsed=elapsed)
    in_window = Schedule(after=after, for_=length).allows(number, elapsed=elapsed)
    both = Schedule(calls=span, after=after, for_=length)
    assert both.allows(number, elapsed=elapsed) == (in_span and in_window)


def test_a_negative_time_counts_as_zero() -> None:
    assert Schedule().allows(1, elapsed=-60.0)
    assert not Schedule(after=1.0).allows(1, elapsed=-60.0)


@pytest.mark.parametrize("operation", ["updateTask", "listTasks", None])
def test_any_counts_every_call_and_an_operation_counts_its_own_calls(operation: str | None) -> None:
    assert Schedule().counts(operation)
    assert Schedule(operation="updateTask").counts(operation) == (operation == "updateTask")


def test_a_span_and_a_single_call_together_are_refused() -> None:
    with pytest.raises(ValueError, match="keep one"):
        Schedule(calls=Calls(1, 2), nth=1)
