"""A recording in which something is missing does not accuse a correct server."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from tests.independent.variants import VARIANTS
from tests.mockserver.capsules.replay.histories import (
    CUTS,
    LOSSES,
    REMOVALS,
    History,
    other_tool_recording,
    part_of,
)
from tests.mockserver.capsules.replay.test_reconstructed_replay import (
    capsule_of,
    id_of,
    page,
    recorded,
    result_of,
    task,
    update,
)
from tests.mockserver.capsules.test_other_servers import recording
from workerkit.mockserver.capsules.file.capsule import LEFT_OUT, NOT_COMPARED, Ending, RecordedExchange
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.reconstruction.task_order import task_order
from workerkit.mockserver.capsules.replay.explanation import explanation_alone
from workerkit.mockserver.capsules.replay.replay import replay


def without_answer(recorded: RecordedExchange) -> RecordedExchange:
    exchange = replace(recorded.exchange, status=None, answer_headers=(), answer_body=b"", why=NOT_COMPARED)
    return RecordedExchange(exchange, Ending.CLOSED)


@pytest.mark.parametrize("numbers", [range(1, 7), (4, 2, 6, 1, 5, 3)])
def test_a_page_that_is_not_recorded_may_be_read_later_with_a_cursor(numbers: range) -> None:
    """All tasks have the same time of creation, so only the pages show the order."""
    tasks = [task(number) for number in numbers]
    first = page("page=1&limit=2", tasks[:2], total=6, limit=2)
    third = page("page=3&limit=2", tasks[4:], total=6, limit=2, number=3)
    behind = page(f"after={tasks[1]['id']}&limit=2", tasks[2:4], total=6, limit=2)
    assert result_of(first, third, behind).difference is None


def test_pages_that_contradict_each_other_keep_the_order_of_the_first_one() -> None:
    tasks = {name: {"created_at": "x"} for name in "dc"}
    assert task_order(tasks, [["d", "c"], ["c", "d"]], ()) == ["d", "c"]
    assert task_order(tasks, [["c", "d"]], [("d", "c")]) == ["c", "d"]


@pytest.mark.parametrize("status", ["pending", "completed"])
def test_an_update_without_a_known_answer_may_have_reached_the_server_or_not(status: str) -> None:
    first = page("limit=9", [task(1), task(2)], total=2, limit=9)
    last = page(
        f"status={status}&limit=9",
        [task(1, status), *([task(2)] if status == "pending" else [])],
        total=2 if status == "pending" else 1,
        limit=9,
    )
    unknown = without_answer(update(1, status="completed"))
    assert replay(capsule_of(first, unknown, last), name="part.yaml").difference is None


@pytest.mark.parametrize(
    ("method", "path", "status", "is_unknown"),
    [
        ("POST", "/tasks/1/archive", 200, True),
        ("DELETE", "/tasks/1", 500, True),
        ("DELETE", "/tasks/1", None, True),
        ("POST", "/tasks/1/archive", 404, False),
        ("POST", "/tasks/1/archive", 307, False),
        ("OPTIONS", "/tasks", 204, False),
        ("GET", "/version", 200, False),
        ("GET", "/version", None, False),
    ],
)
def test_a_server_may_have_more_operations_than_the_page_names(
    method: str, path: str, status: int | None, is_unknown: bool
) -> None:
    """The API page does not say what such a request changes. A refused one changes nothing."""
    first, later = page("", [task(1), task(2)], total=2), page("", [task(2)], total=1)
    unnamed = recorded(method, path, None, {"success": True})
    assert unnamed.exchange.operation is None
    unnamed = (
        without_answer(unnamed)
        if status is None
        else replace(unnamed, exchange=replace(unnamed.exchange, status=status))
    )
    assert replay(capsule_of(first, unnamed, first), name="recorded.yaml").difference is None
    difference = replay(capsule_of(first, unnamed, later), name="recorded.yaml").difference
    assert (difference is None) == is_unknown


def test_behind_a_request_that_the_page_does_not_name_each_exchange_is_judged_alone() -> None:
    lists = page("", [task(1), task(2)], total=2), page("", [task(2)], total=1)
    unnamed = recorded("POST", "/tasks/1/archive", None, {"success": True})
    wrong = page("status=failed", [task(2)], total=1)
    result = replay(capsule_of(lists[0], unnamed, lists[1], wrong), name="recorded.yaml")
    assert result.is_alone
    assert result.difference is not None
    assert (result.difference.number, result.difference.place) == (4, "answer/data/0")


def test_a_cursor_is_known_if_the_server_took_it_in_a_list_whose_body_is_missing() -> None:
    """The server refuses the other cursor because it does not know it."""
    first = page("limit=2", [task(1), task(2)], total=4, limit=2)
    taken = page(f"limit=2&after={id_of(3)}", [task(4)], total=4, limit=2)
    taken = replace(taken, exchange=replace(taken.exchange, answer_body=b"", why=LEFT_OUT))
    refused = page(f"limit=2&after={id_of(9)}", [], total=0, limit=2)
    refused = replace(refused, exchange=replace(refused.exchange, status=404, answer_body=b"{}"))
    assert replay(capsule_of(first, taken, refused), name="part.har").difference is None


def test_a_task_that_no_list_shows_belongs_to_the_server_that_may_update_it() -> None:
    lists = (
        page("limit=2", [task(1)], total=1, limit=2),
        page("limit=2", [task(2)], total=1, key="key-2", limit=2),
    )
    refused = update(5, note="x")
    headers = (("x-api-key", "key-2"),)
    exchange = replace(refused.exchange, request_headers=headers, status=403, answer_body=b"not_your_task")
    refused = replace(refused, exchange=exchange)
    difference = replay(capsule_of(*lists, refused, update(5, note="x")), name="recorded.yaml").difference
    assert difference is None


def test_a_difference_behind_an_unknown_answer_is_found() -> None:
    first = page("limit=9", [task(1), task(2)], total=2, limit=9)
    last = page("limit=9", [task(1), task(2)], total=3, limit=9)
    unknown = without_answer(update(1, note="seen"))
    difference = replay(capsule_of(first, unknown, last), name="part.yaml").difference
    assert difference is not None
    assert (difference.number, difference.place) == (3, "answer/total")


@pytest.mark.parametrize("variant", ["natural", "newest-first"])
def test_a_correct_server_is_not_accused_whatever_is_missing(variant: str) -> None:
    """The server is independent of the mock. `benchmarks.soundness.incomplete` tries many more histories."""
    random = Random(1)
    capsule = recording(lambda client: History(client, random).send(12), VARIANTS[variant])
    for is_complete, losses in ((False, LOSSES), (True, CUTS)):
        for lose in losses:
            part = part_of(capsule, lose, random, is_complete=is_complete)
            assert replay(part, name="part.yaml").difference is None
        for remove in REMOVALS:
            part = other_tool_recording(capsule, remove, random, is_complete=is_complete)
            assert replay(part, name="part.har").difference is None


def test_an_update_that_a_later_list_does_not_show_is_proof_in_a_complete_recording_only() -> None:
    """Somebody else may have changed the task back, if requests may be missing."""
    capsule = capsule_of(
        page("limit=9", [task(1)], total=1, limit=9),
        update(1, status="completed"),
        page("limit=9", [task(1)], total=1, limit=9),
    )
    assert replay(capsule, name="part.yaml").difference is not None
    assert replay(replace(capsule, is_complete=False), name="part.yaml").difference is None


@pytest.mark.parametrize(
    ("is_foreign", "place"), [(True, "status"), (False, "answer/total")], ids=["owner", "total"]
)
def test_what_no_request_can_change_is_proof_in_an_incomplete_recording(is_foreign: bool, place: str) -> None:
    other_page = page("limit=9", [task(3)], total=1, limit=9, key="key-2")
    wrong = update(3, note="x") if is_foreign else page("limit=9", [task(1)], total=2, limit=9)
    capsule = capsule_of(other_page, page("limit=9", [task(1)], total=1, limit=9), wrong)
    difference = replay(replace(capsule, is_complete=False), name="part.yaml").difference
    assert difference is not None
    assert (difference.number, difference.place) == (3, place)
    assert ("Exchange 1 (GET" if is_foreign else "Page 1 with limit 9") in difference.why


def test_a_total_is_judged_only_if_all_counted_tasks_are_known() -> None:
    """The task that moves into the list was never listed before, so it may have been in the list."""
    first = page("limit=1", [task(1)], total=3, limit=1)
    last = page("limit=1", [task(1)], total=4, limit=1)
    all_tasks = page("limit=9", [task(1), task(2), task(3)], total=3, limit=9)
    assert replay(capsule_of(first, update(4, status="pending"), last), name="part.yaml").difference is None
    complete = capsule_of(all_tasks, update(1, note="x"), last)
    difference = replay(complete, name="part.yaml").difference
    assert difference is not None
    assert (difference.number, difference.place) == (3, "answer/total")


def test_a_capsule_from_which_an_exchange_was_removed_is_incomplete() -> None:
    text = capsule_text(capsule_of(update(1, note="x"), update(2, note="x")))
    assert parse_capsule(text, name="part.yaml").is_complete
    head, _, _ = text.rpartition("  - at:")
    assert not parse_capsule(head + "complete: 2\n", name="part.yaml").is_complete
    assert not parse_capsule(text.replace("complete: 2", "complete: false"), name="part.yaml").is_complete
    assert parse_capsule(text.replace("complete: 2\n", ""), name="part.yaml").is_complete is None


ALL = "status=pending,running,completed&limit=9"
UNSAID = {
    "somebody completed the task": (
        page("limit=9", [task(1)], total=1, limit=9),
        page(ALL, [task(1, "completed")], total=1, limit=9),
    ),
    "the only known status is another one": (
        update(1, status="completed"),
        page(ALL, [task(1)], total=1, limit=9),
    ),
    "the task left the list": (
        page(ALL, [task(1), task(2)], total=2, limit=9),
        page(ALL, [task(2)], total=1, limit=9),
    ),
    "the pages moved": (
        page("limit=1", [task(1)], total=3, limit=1),
        page("page=2&limit=1", [task(1)], total=2, limit=1, number=2),
    ),
}


@pytest.mark.parametrize("case", UNSAID)
def test_a_capsule_that_shows_an_unrecorded_change_is_judged_alone_unless_it_says_it_is_complete(
    case: str,
) -> None:
    capsule = capsule_of(*UNSAID[case])
    assert replay(replace(capsule, is_complete=None), name="part.yaml").difference is None
    assert replay(capsule, name="part.yaml").difference is not None


def test_a_capsule_that_does_not_say_it_is_complete_still_shows_contradictions() -> None:
    pages = (
        page("limit=1", [task(1)], total=3, limit=1),
        page("page=2&limit=1", [task(1)], total=3, limit=1, number=2),
    )
    lost = (
        page("limit=9", [task(1)], total=1, limit=9),
        update(1, status="completed"),
        page("limit=9", [task(1)], total=1, limit=9),
    )
    foreign = (
        page("limit=9", [task(1)], total=1, limit=9),
        update(3, status="completed"),
        page(ALL, [task(1)], total=1, limit=9),
    )
    for exchanges, number in ((pages, 2), (lost, 3), (foreign, 2)):
        difference = replay(replace(capsule_of(*exchanges), is_complete=None), name="part.yaml").difference
        assert difference is not None
        assert difference.number == number


def test_a_refusal_by_a_status_flow_proves_nothing_about_a_task_that_no_list_shows() -> None:
    refused = update(1, status="pending")
    refused = replace(
        refused, exchange=replace(refused.exchange, status=409, answer_body=b'{"success": false}')
    )
    assert (
        replay(capsule_of(refused, page("limit=9", [task(2)], total=1, limit=9)), name="part.yaml").difference
        is None
    )


def test_a_task_on_an_unrecorded_page_has_a_status_that_no_list_shows_completely() -> None:
    """Page 1 of pending and running tasks has a running task, because all pending tasks are listed."""
    result = result_of(
        page(f"limit=3&after={id_of(5)}", [task(2)], total=2, limit=3),
        page("status=pending,running&page=2&limit=1", [task(1)], total=4, limit=1, number=2),
        page("limit=9", [task(1), task(2)], total=2, limit=9),
    )
    assert result.difference is None


def test_two_servers_may_have_the_same_name() -> None:
    """A heartbeat of one server may have had the name of the other one."""
    exchanges = [page("limit=9", [], total=0, limit=9, key=f"key-{number}") for number in (1, 2)]
    first, second = (
        replace(
            item,
            exchange=replace(
                item.exchange, answer_body=item.exchange.answer_body.replace(b"server-02", b"server-01")
            ),
        )
        for item in exchanges
    )
    capsule = replace(capsule_of(first, second), is_complete=False)
    assert replay(capsule, name="part.yaml").difference is None


@pytest.mark.parametrize("word", ["not_found", "task_not_found", "link_not_found"])
def test_the_word_for_an_unknown_task_hides_no_wrong_count(word: str) -> None:
    """An exchange that is judged alone does not show that the task is missing: only the word says it."""
    results = [{"link_id": id_of(1), "success": True}, {"link_id": id_of(9), "success": False, "error": word}]
    items = [{"link_id": id_of(number), "status": "running"} for number in (1, 9)]
    answer = {"total": 2, "success": 1, "failed": 0, "results": results}
    bulk = recorded("PUT", "/tasks/bulk", {"items": items}, answer)
    part = replace(capsule_of(page("", [task(1)], total=1), bulk), is_complete=False)
    difference = replay(part, name="part.yaml").difference
    assert difference is not None
    assert (difference.place, difference.recorded, difference.now) == ("answer/failed", "0", "1")


def test_a_list_that_shows_the_same_wrong_value_is_no_reason() -> None:
    wrong = page("", [task(1, config={"a": 1})], total=1)
    part = replace(capsule_of(wrong, wrong), is_complete=False)
    difference = replay(part, name="part.yaml").difference
    assert difference is not None
    assert (difference.place, difference.why) == ("answer/data/0/config", "")


def test_a_list_that_shows_another_long_value_shows_where_it_differs() -> None:
    right, wrong = (page("", [task(1, site_id=f"{'x' * 300}{end}")], total=1) for end in ("right", "wrong"))
    part = replace(capsule_of(right, wrong), is_complete=False)
    difference = replay(part, name="part.yaml").difference
    assert difference is not None
    assert (difference.number, difference.place) == (2, "answer/data/0/site_id")
    assert "Exchange 1 (GET" in difference.why
    assert 'xright", and no request can change this' in difference.why
    exchanges = [item.exchange for item in capsule_of(wrong, wrong).recorded]
    assert explanation_alone(exchanges, difference) == ""


@pytest.mark.parametrize("error", [{"code": "not_found"}, ["not_found"]], ids=["object", "list"])
@pytest.mark.parametrize("is_complete", [True, False])
def test_an_error_of_a_bulk_result_that_is_no_text_stops_no_replay(error: object, is_complete: bool) -> None:
    results = [{"link_id": id_of(9), "success": False, "error": error}]
    answer = {"total": 1, "success": 0, "failed": 1, "results": results}
    bulk = recorded("PUT", "/tasks/bulk", {"items": [{"link_id": id_of(9), "status": "running"}]}, answer)
    part = replace(capsule_of(page("", [task(1)], total=1), bulk), is_complete=is_complete)
    difference = replay(part, name="part.yaml").difference
    assert difference is not None
    assert difference.place.startswith("answer/results/0/")
