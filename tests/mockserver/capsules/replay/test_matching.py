"""Which answers of another server match the recorded answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.openapi.masking.test_canaries import exchange
from workerkit.mockserver.capsules.comparison.difference import Difference
from workerkit.mockserver.capsules.file.capsule import RecordedExchange
from workerkit.mockserver.capsules.replay.matching import AnswerSource, Matcher

POST = "https://a.example/1"


def answered(answer: Any, sent: Any = None, *, number: int = 1) -> RecordedExchange:
    return RecordedExchange(
        exchange(
            number=number,
            operation="listTasks",
            query="",
            request_headers=(),
            request_body=b"" if sent is None else json.dumps(sent).encode(),
            status=200,
            answer_headers=(("content-type", "application/json"),),
            answer_body=json.dumps(answer).encode(),
        )
    )


def difference_of(before: Any, after: Any, *, sent: Any = None) -> Difference | None:
    """The difference between two answers. Before them, the worker has sent the body `sent`."""
    matcher = Matcher(AnswerSource.SERVER)
    assert matcher.difference(answered({}, sent), answered({}, sent)) is None
    return matcher.difference(answered(before, number=2), answered(after, number=2))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"site_name": "a.example"}, {"site_name": "b.example"}),
        ({"created_at": "2025-12-01T10:00:00Z"}, {"created_at": "2026-01-01T10:00:00.000Z"}),
        ({"server_name": "hanoi-07"}, {"server_name": "saigon-01"}),
        ({"unheard_of": 1}, {}),
    ],
)
def test_another_server_may_have_other_names_times_and_fields(before: Any, after: Any) -> None:
    assert difference_of(before, after) is None


@pytest.mark.parametrize(
    ("before", "after", "recorded", "now"),
    [
        ({"link_post": POST}, {"link_post": ""}, f'"{POST}"', '""'),
        ({"link_post": ""}, {"link_post": POST}, '""', f'"{POST}"'),
        ({"status": "pending"}, {"status": "running"}, '"pending"', '"running"'),
        ({"server_time": "2025-12-01T10:00:00Z"}, {"server_time": "now"}, '"2025-12-01T10:00:00Z"', '"now"'),
        ({"password": "x"}, {}, '"<password ', "nothing"),
        ({"total": 84}, {"total": "84"}, "84", '"84"'),
        (
            {"data": [{"server_name": "a"}, {"server_name": "a"}]},
            {"data": [{"server_name": "b"}, {}]},
            '"a"',
            "nothing",
        ),
    ],
)
def test_texts_of_the_worker_and_documented_values_must_match(
    before: Any, after: Any, recorded: str, now: str
) -> None:
    found = difference_of(before, after, sent={"link_post": POST})
    assert found is not None
    assert (found.number, found.now) == (2, now)
    assert found.recorded.startswith(recorded)


@pytest.mark.parametrize(
    ("status", "before", "after", "differs"),
    [
        (403, {"success": False, "error": "forbidden"}, {"success": False, "error": "not_your_task"}, True),
        (403, {"error": {"code": "not_your_task"}}, {"error": "not_your_task", "message": "no"}, False),
        (404, {"success": False, "error": "not_found"}, {"success": True, "error": "not_found"}, True),
        (404, {"error": "task_not_found"}, {"success": False, "error": "not_found"}, False),
        (400, {"detail": "status"}, None, False),
    ],
)
def test_of_an_error_body_only_success_and_the_code_of_a_403_are_compared(
    status: int, before: Any, after: Any, *, differs: bool
) -> None:
    difference = Matcher(AnswerSource.RECONSTRUCTION).difference(
        refused(status, before), refused(status, after)
    )
    assert bool(difference) is differs


def refused(status: int, answer: Any) -> RecordedExchange:
    recorded = answered(answer)
    return replace(recorded, exchange=replace(recorded.exchange, operation="updateTask", status=status))


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ({"about": None, "link_post": ""}, {"about": "", "link_post": None}, None),
        ({"retry_count": None, "config": None}, {"retry_count": 0, "config": "{}"}, None),
        ({"link_post": None}, {"link_post": POST}, "link_post"),
        ({"about": "Bio"}, {"about": None}, "about"),
        ({"status": None}, {"status": ""}, "status"),
        ({"id": None}, {"id": ""}, "id"),
        ({"link_post": None}, {}, "link_post"),
    ],
)
def test_null_and_an_empty_value_of_a_listed_task_are_equal(
    before: Any, after: Any, place: str | None
) -> None:
    for source in (AnswerSource.RECONSTRUCTION, AnswerSource.SERVER):
        found = Matcher(source).difference(answered({"data": [before]}), answered({"data": [after]}))
        assert (found and found.place) == (place and f"answer/data/0/{place}")
    assert Matcher(AnswerSource.WORLD).difference(answered({"data": [before]}), answered({"data": [after]}))


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        ({"success": True}, {"success": True, "data": {"updated": True, "link_id": "x"}}, False),
        ({"success": True, "data": {"updated": True}}, {"success": True, "data": {"link_id": "x"}}, False),
        ({"ok": True, "id": 5}, {"success": True}, False),
        ({"success": False}, {"success": True}, True),
        ({"success": True, "data": {"updated": False}}, {"success": True, "data": {"updated": True}}, True),
    ],
)
def test_of_answers_to_a_callback_only_the_fields_of_both_are_compared(
    before: Any, after: Any, *, differs: bool
) -> None:
    callbacks = [of_operation("updateLink", answer) for answer in (before, after)]
    assert bool(Matcher(AnswerSource.RECONSTRUCTION).difference(*callbacks)) is differs
    assert bool(Matcher(AnswerSource.SERVER).difference(*callbacks)) is differs
    assert Matcher(AnswerSource.WORLD).difference(*callbacks)


def of_operation(operation: str, answer: Any) -> RecordedExchange:
    recorded = answered(answer)
    return replace(recorded, exchange=replace(recorded.exchange, operation=operation))


def test_a_server_must_always_give_the_same_name() -> None:
    before = {"server_name": "a", "data": [{"server_name": "a"}]}
    found = difference_of(before, {"server_name": "b", "data": [{"server_name": "c"}]})
    assert found is not None
    assert (found.place, found.now) == ("answer/data/0/server_name", '"c", but "b" in earlier answers')


def tasks(*ids: str) -> RecordedExchange:
    return of_operation("listTasks", {"data": [{"id": task_id} for task_id in ids]})


@pytest.mark.parametrize(
    ("before", "after", "place", "recorded", "now"),
    [
        ("abd", "abcd", "answer/data/2", "no task c", "task c"),
        ("ab", "abc", "answer/data/2", "no task c", "task c"),
        ("axb", "ab", "answer/data/1", "task x", "no task x"),
        ("aab", "ab", "answer/data/1", "task a", "no task a"),
        ("abc", "ab", "answer/data/2", "task c", "no task c"),
        ("acb", "abc", "answer/data/1", "task c", "task b"),
        ("ax", "ay", "answer/data/1", "task x", "task y"),
        ("a?", "ab", "answer/data/1", "task ?", "task b"),
        ("ax", "a?", "answer/data/1", "task x", "no task x"),
        ("a", "a?", "answer/data", "1 tasks", "2 tasks"),
        ("ab", "?ab", "answer/data", "2 tasks", "3 tasks"),
    ],
)
def test_a_list_difference_names_the_first_task_that_is_missing_or_extra(
    before: str, after: str, place: str, recorded: str, now: str
) -> None:
    """`?` is an id that the mock has invented."""
    matcher = Matcher(AnswerSource.RECONSTRUCTION, known="abcdxy")
    found = matcher.difference(tasks(*before), tasks(*after))
    assert found is not None
    assert (found.place, found.recorded, found.now) == (place, recorded, now)


def test_an_invented_task_may_stand_for_one_unknown_task() -> None:
    matcher = Matcher(AnswerSource.RECONSTRUCTION, known="ab")
    assert matcher.difference(tasks(*"axby"), tasks(*"a1b2")) is None
    assert matcher.difference(tasks(*"xy"), tasks(*"12")) is None
    assert matcher.difference(tasks(*"xy"), tasks(*"13")) is not None
    assert matcher.difference(tasks(*"xz"), tasks(*"12")) is not None


@pytest.mark.parametrize(("before", "after"), [(100, "100"), (True, "true"), (None, "null"), (1, True)])
def test_values_of_different_types_look_different(before: Any, after: Any) -> None:
    found = Matcher(AnswerSource.RECONSTRUCTION).difference(
        answered({"total": before}), answered({"total": after})
    )
    assert found is not None
    assert (found.recorded, found.now) == (json.dumps(before), json.dumps(after))


def test_of_two_long_texts_the_parts_that_differ_are_shown() -> None:
    link = f"{POST}{'/long-path' * 40}"
    before, after = answered({"data": [{"link_post": link[:255]}]}), answered({"data": [{"link_post": link}]})
    found = Matcher(AnswerSource.RECONSTRUCTION).difference(before, after)
    assert found is not None
    assert found.recorded != found.now
    assert found.recorded == f'…{link[155:255]}"'
    assert found.now == f"…{link[155:355]}…"
