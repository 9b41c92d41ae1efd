"""When a fault strikes: spans of calls, windows of time, and how they go together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.fields.call_span import Calls, CallSpanError, calls

NUMBERS = st.integers(1, 30)
TIMES = st.integers(0, 30).map(float)


@st.composite
def spans(draw: st.DrawFn) -> Calls:
    first = draw(NUMBERS)
    return Calls(first, draw(st.none() | st.integers(first, 40)))


@given(span=spans())
def test_a_span_is_read_as_it_is_written(span: Calls) -> None:
    assert calls(str(span)) == span


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
    assert calls(text) == span


@pytest.mark.parametrize("text", ["", "..", "0", "0..3", "7..3", "a", "1.5", "-1", "1...3", "1..2..3", "²"])
def test_what_has_no_call_in_it_is_refused(text: str) -> None:
    with pytest.raises(CallSpanError, match=r"span of calls|no call in it"):
        calls(text)


@given(span=spans(), number=NUMBERS)
def test_a_span_holds_what_lies_between_its_ends(span: Calls, number: int) -> None:
    assert (number in span) == (number in range(span.first, (span.last or 10**9) + 1))


@given(number=NUMBERS, elapsed=TIMES)
def test_without_more_every_call_at_any_time_is_covered(number: int, elapsed: float) -> None:
    assert Schedule().covers(number, elapsed=elapsed)


@given(nth=NUMBERS, number=NUMBERS)
def test_nth_covers_that_call_alone(nth: int, number: int) -> None:
    assert Schedule(nth=nth).covers(number, elapsed=0.0) == (number == nth)


@given(after=TIMES, length=st.none() | TIMES, elapsed=TIMES)
def test_a_window_is_open_from_its_beginning_and_closed_at_its_end(
    after: float, length: float | None, elapsed: float
) -> None:
    is_open = after <= elapsed and (length is None or elapsed < after + length)
    assert Schedule(after=after, for_=length).covers(1, elapsed=elapsed) == is_open


@given(span=spans(), after=TIMES, length=TIMES, number=NUMBERS, elapsed=TIMES)
def test_a_call_has_to_lie_in_the_span_and_in_the_window(
    span: Calls, after: float, length: float, number: int, elapsed: float
) -> None:
    in_span = Schedule(calls=span).covers(number, elapsed=elapsed)
    in_window = Schedule(after=after, for_=length).covers(number, elapsed=elapsed)
    both = Schedule(calls=span, after=after, for_=length)
    assert both.covers(number, elapsed=elapsed) == (in_span and in_window)


def test_a_clock_that_was_set_back_counts_as_no_time_gone_by() -> None:
    assert Schedule().covers(1, elapsed=-60.0)
    assert not Schedule(after=1.0).covers(1, elapsed=-60.0)


@pytest.mark.parametrize("operation", ["updateTask", "listTasks", None])
def test_any_concerns_every_call_and_an_operation_its_own(operation: str | None) -> None:
    assert Schedule().concerns(operation)
    assert Schedule(operation="updateTask").concerns(operation) == (operation == "updateTask")


def test_a_span_and_a_single_call_are_not_both_taken() -> None:
    with pytest.raises(ValueError, match="keep one"):
        Schedule(calls=Calls(1, 2), nth=1)
