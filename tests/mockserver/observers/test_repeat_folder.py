"""Repeated lines are held back, and none is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workerkit.mockserver.observers.repeat_folder import RepeatFolder
from workerkit.mockserver.observers.request_counter import RequestLine

LIST = RequestLine("default", "server-01", "listTasks", 200, "")
REFUSED = RequestLine("default", "server-01", "listTasks", 401, "the key does not work now")


def test_a_new_line_is_returned_at_once_and_its_repeats_together_later() -> None:
    folder = RepeatFolder()
    assert folder.fold([LIST], 0.0) == [LIST]
    assert folder.fold([LIST], 0.5) == []
    assert folder.fold([LIST, REFUSED], 0.9) == [REFUSED]
    assert folder.fold([], 0.99) == []
    (repeats,) = folder.fold([], 1.0)
    assert (repeats.subject, repeats.count) == (LIST.subject, 2)


def test_repeats_that_go_on_are_held_longer_and_at_most_30_seconds() -> None:
    folder, returned = RepeatFolder(), []
    for second in range(200):
        returned += [(second, line.count) for line in folder.fold([LIST], float(second))]
    assert returned[:7] == [(0, 1), (1, 1), (3, 2), (7, 4), (15, 8), (31, 16), (61, 30)]
    assert returned[7:] == [(second, 30) for second in (91, 121, 151, 181)]


def test_a_line_that_has_stopped_to_repeat_is_new_again() -> None:
    folder = RepeatFolder()
    folder.fold([LIST], 0.0)
    assert folder.fold([], 1.0) == []
    assert folder.is_empty
    assert folder.fold([LIST], 1.1) == [LIST]


@given(st.lists(st.tuples(st.floats(0, 3), st.lists(st.sampled_from([LIST, REFUSED]))), max_size=30))
def test_no_request_is_lost_or_counted_twice(batches: list[tuple[float, list[RequestLine]]]) -> None:
    folder, now, given_count, returned = RepeatFolder(), 0.0, 0, 0
    for seconds, lines in batches:
        now += seconds
        given_count += len(lines)
        returned += sum(line.count for line in folder.fold(lines, now))
    assert returned + sum(line.count for line in folder.take_held()) == given_count
    assert folder.is_empty
