"""Two messages that differ only in values have the same pattern."""

from __future__ import annotations

import pytest

from workerkit.mockserver.reports.message_pattern import message_pattern

TASK, OTHER_TASK = "3aa77192-6118-4299-8845-4836650751aa", "5D8D0A6E-0A54-4DB6-9E2F-4E2AF2A0C0DE"


@pytest.mark.parametrize(
    ("message", "other"),
    [
        (f"Task {TASK} was pending at 0.250 s.", f"Task {OTHER_TASK} was running at 12.000 s."),
        ("In exchange 4 (PUT updateTask at 0.250 s).", "In exchange 12 (POST completeLink at 1.000 s)."),
        ("after exchange 2 (GET /tasks, answered 502) it", "after exchange 41 (PUT /x, not answered) it"),
        ("3 left (1 pending, 2 running): a", "1 left (1 queued): a"),
        (f"waiting: {TASK}, {OTHER_TASK}, {TASK}, ....", f"waiting: {TASK}."),
        ("GET /tasks?status=pending,queued,running&limit=1", "GET /tasks?status=canceled&limit=1"),
        ("link 'https://a.example' is wrong", "link '' is wrong"),
    ],
)
def test_values_make_no_difference(message: str, other: str) -> None:
    assert message_pattern(message) == message_pattern(other)


@pytest.mark.parametrize(
    ("message", "other"),
    [
        ("It was answered 503.", "It got no answer."),
        ('PUT {"link_post": 7} was accepted', 'PUT {"is_indexed": 7} was accepted'),
        ("body/status is wrong", "query/status is wrong"),
    ],
)
def test_other_words_and_names_of_fields_make_a_difference(message: str, other: str) -> None:
    assert message_pattern(message) != message_pattern(other)
