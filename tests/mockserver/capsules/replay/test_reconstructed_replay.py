"""The first difference is at the wrong exchange, and names the exchanges that it contradicts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.openapi.masking.test_canaries import exchange
from workerkit.mockserver.capsules.comparison.difference import Difference
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.replay.reconstructed_replay import (
    ReplayResult,
    replay_in_dialect,
    sound_twin,
)
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.openapi.languages.phrase import Phrase
from workerkit.openapi.spec.api import operation_of
from workerkit.openapi.spec.dialect import Dialect

BASE = "/api/v1/worker"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def id_of(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def task(number: int, status: str = "pending", **fields: Any) -> dict[str, Any]:
    return {
        "id": id_of(number),
        "request_id": id_of(900),
        "service_type": "entity",
        "site_id": id_of(901),
        "site_name": "example.com",
        "email": "user@example.com",
        "username": "user",
        "password": "pass",
        "about": "",
        "link_profile": "",
        "link_post": "",
        "status": status,
        "retry_count": 0,
        "max_retries": 3,
        "details": None,
        "started_at": None,
        "created_at": "2025-12-01T10:00:00Z",
        "request_name": "Campaign A",
        "request_website": "https://target.com",
        "type_request": "normal",
        "auction_price": 100,
        "config": "{}",
        **fields,
    }


def recorded(method: str, path: str, body: Any, answer: Any, *, key: str = "key-1") -> RecordedExchange:
    path, _, query = path.partition("?")
    return RecordedExchange(
        exchange(
            operation=operation_of(method, f"{BASE}{path}"),
            method=method,
            path=f"{BASE}{path}",
            query=query,
            request_headers=(("x-api-key", key), ("content-type", "application/json")),
            request_body=b"" if body is None else json.dumps(body).encode(),
            status=200,
            answer_headers=(("content-type", "application/json"),),
            answer_body=json.dumps(answer).encode(),
            why="",
        )
    )


def page(
    query: str,
    tasks: Sequence[dict[str, Any]],
    *,
    total: int,
    limit: int = 100,
    number: int = 1,
    key: str = "key-1",
) -> RecordedExchange:
    is_last = number * limit >= total
    answer = {
        "server_id": id_of(800 + int(key[-1])),
        "server_name": f"server-0{key[-1]}",
        "data": tasks,
        "total": total,
        "page": number,
        "limit": limit,
        "next_cursor": None if is_last or not tasks else tasks[-1]["id"],
    }
    return recorded("GET", f"/tasks?{query}", None, answer, key=key)


def update(number: int, **fields: Any) -> RecordedExchange:
    answer = {"success": True, "data": {"updated": True, "link_id": id_of(number)}}
    return recorded("PUT", f"/tasks/{id_of(number)}", fields, answer)


def capsule_of(*exchanges: RecordedExchange) -> Capsule:
    return Capsule(
        exchanges[0].exchange.began,
        tuple(
            replace(item, exchange=replace(item.exchange, number=number))
            for number, item in enumerate(exchanges, 1)
        ),
    )


def result_of(*exchanges: RecordedExchange) -> ReplayResult:
    return replay_in_dialect(capsule_of(*exchanges), Dialect())


def found(*exchanges: RecordedExchange) -> Difference:
    """The difference. A correct twin of the recording has none, and no id in the message is invented."""
    capsule, difference = capsule_of(*exchanges), result_of(*exchanges).difference
    assert difference is not None
    twin = sound_twin(capsule, result_of(*exchanges))
    assert replay_in_dialect(twin, Dialect()).difference is None
    shown = str(
        [(item.exchange.path, item.exchange.request_body, item.exchange.answer_body) for item in exchanges]
    )
    assert {uuid for uuid in UUID.findall(str(difference)) if uuid not in shown} == set()
    return difference


def test_the_later_one_of_two_pages_that_overlap_is_wrong() -> None:
    tasks = [task(number) for number in range(1, 6)]
    first = page("page=1&limit=2", tasks[:2], total=5, limit=2)
    second = page("page=2&limit=2", tasks[1:3], total=5, limit=2, number=2)
    difference = found(first, second, page("page=3&limit=2", tasks[3:], total=5, limit=2, number=3))
    assert (difference.number, difference.place) == (2, "answer/data/0")
    assert difference.recorded == f"task {id_of(2)}"
    assert difference.why.startswith(f"Exchange 1 (GET {BASE}/tasks?page=1&limit=2) lists this task, too")


def test_a_total_that_later_pages_disprove_is_wrong() -> None:
    tasks = [task(number) for number in range(1, 5)]
    first = page("page=1&limit=2", tasks[:2], total=2, limit=2)
    second = page("page=2&limit=2", tasks[2:], total=2, limit=2, number=2)
    difference = found(first, second)
    assert (difference.number, difference.place, difference.end) == (1, "answer/total", 2)
    assert difference.why == f"Exchange 2 (GET {BASE}/tasks?page=2&limit=2) lists further tasks"


def test_a_total_that_counts_too_many_names_the_list_of_all_tasks() -> None:
    tasks = [task(number) for number in range(1, 5)]
    difference = found(page("limit=2", tasks[:2], total=5, limit=2), page("limit=9", tasks, total=4, limit=9))
    assert (difference.number, difference.place, difference.end) == (1, "answer/total", 2)
    assert difference.why == f"Exchange 2 (GET {BASE}/tasks?limit=9) lists all tasks: 4"


def test_a_total_of_one_page_names_the_longer_page() -> None:
    tasks = [task(number) for number in range(1, 5)]
    difference = found(page("limit=9", tasks, total=4, limit=9), page("limit=2", tasks[:2], total=2, limit=2))
    assert (difference.number, difference.place) == (2, "answer/total")
    assert difference.why == f"Exchange 1 (GET {BASE}/tasks?limit=9) lists 4 tasks"


def test_an_accepted_update_of_a_task_that_lists_do_not_show_is_wrong() -> None:
    first = page("limit=100", [task(1)], total=1)
    difference = found(first, update(7, status="running"), page("status=running", [], total=0))
    assert (difference.number, difference.place, difference.end) == (2, "status", 3)
    assert (difference.recorded, difference.now) == ("200", "403")
    assert f"Exchange 3 (GET {BASE}/tasks?status=running) should then list task {id_of(7)}" in difference.why


def test_an_accepted_update_of_a_task_of_another_key_is_wrong() -> None:
    foreign = page("limit=100", [task(7)], total=1, key="key-2")
    difference = found(page("limit=100", [task(1)], total=1), foreign, update(7, note="x"))
    assert (difference.number, difference.place) == (3, "status")
    assert (
        f"Exchange 2 (GET {BASE}/tasks?limit=100) lists task {id_of(7)} for another API key" in difference.why
    )


def test_a_lost_value_names_who_set_it_last() -> None:
    first = page("limit=100", [task(1)], total=1)
    updates = update(1, link_post="https://a.example/1"), update(1, link_post="https://a.example/2")
    difference = found(
        first, *updates, page("limit=100", [task(1, link_post="https://a.example/1")], total=1)
    )
    assert (difference.number, difference.place) == (4, "answer/data/0/link_post")
    assert difference.why == (
        f'Exchange 3 (PUT {BASE}/tasks/{id_of(1)}) set it to "https://a.example/2", '
        "and exchange 4 does not show this"
    )


def test_a_value_that_no_request_set_names_who_showed_it_last() -> None:
    first = page("limit=100", [task(1)], total=1)
    last = page("limit=100", [task(1, retry_count=1)], total=1)
    assert found(first, last).why == (
        f"Exchange 1 (GET {BASE}/tasks?limit=100) showed 0, "
        "and no accepted request has changed the task since then"
    )
    changed = page("limit=100", [task(1, retry_count=1, link_post="x")], total=1)
    assert found(first, update(1, link_post="x"), changed).why.endswith("changed only: link_post")


def test_a_lost_task_names_the_exchange_that_set_its_status() -> None:
    first = page("limit=100", [task(1), task(2)], total=2)
    difference = found(first, update(1, status="completed"), page("status=completed", [], total=0))
    assert (difference.number, difference.recorded) == (3, f"no task {id_of(1)}")
    assert (
        difference.why
        == f'Exchange 2 (PUT {BASE}/tasks/{id_of(1)}) set the status of this task to "completed"'
    )


def test_a_task_against_the_filter_names_the_filter() -> None:
    difference = found(page("status=failed", [task(1, "failed"), task(2)], total=2))
    assert difference.why == 'The status of this task is "pending", but the request asks for failed'


def test_a_page_with_fewer_tasks_than_its_total_says_so() -> None:
    assert found(page("limit=3", [task(1)], total=5, limit=3)).why == (
        "Page 1 with limit 3 lists only 1 of 5 tasks: the page or the total is wrong"
    )


def test_a_word_of_a_filter_that_the_page_does_not_list_is_named() -> None:
    """The replay finds a dialect in which this word is no error."""
    capsule = capsule_of(
        page("status=canceled", [task(1, "canceled")], total=1),
        page("status=cancelled", [task(1, "canceled")], total=1),
    )
    difference = replay(capsule, name="recorded.yaml").difference
    assert difference is not None
    assert difference.why == 'The status of this task is "canceled", but the request asks for cancelled'


@pytest.mark.parametrize(("number", "count", "least"), [(2, 2, 4), (3, 1, 5)])
def test_a_page_behind_more_tasks_than_its_total_says_so(number: int, count: int, least: int) -> None:
    tasks = [task(place) for place in range(1, count + 1)]
    wrong = page(f"limit=2&page={number}", tasks, total=2, limit=2, number=number)
    assert found(wrong).why == (
        f"Page {number} with limit 2 lists {count} tasks, so there are {least} or more, and not 2: "
        "the page or the total is wrong"
    )


def test_a_wrong_limit_in_an_answer_says_nothing_about_totals() -> None:
    tasks = [task(number) for number in range(1, 6)]
    whole = page("", tasks, total=5)
    difference = found(whole, page("limit=3", tasks[:3], total=5, limit=100))
    assert (difference.number, difference.place, difference.now) == (2, "answer/limit", "3")
    second = page("limit=3&page=2", tasks[3:], total=5, limit=100, number=2)
    difference = found(whole, second)
    assert (difference.number, difference.place, difference.now) == (2, "answer/limit", "3")


@pytest.mark.parametrize("is_complete", [True, False])
def test_a_wrong_next_cursor_names_the_last_task_of_the_page(*, is_complete: bool) -> None:
    first = page("limit=2", [task(1), task(2)], total=3, limit=2)
    answer = {**json.loads(first.exchange.answer_body), "next_cursor": id_of(1)}
    wrong = replace(first, exchange=replace(first.exchange, answer_body=json.dumps(answer).encode()))
    capsule = replace(capsule_of(wrong), is_complete=is_complete)
    difference = replay(capsule, name="recorded.yaml").difference
    assert difference is not None
    assert difference.place == "answer/next_cursor"
    assert difference.why == f"The last task of the page is {id_of(2)}"


def test_an_accepted_log_level_that_the_page_does_not_list_is_named() -> None:
    logs = [{"level": level, "message": "x"} for level in ("INFO", "TRACE")]
    taken = recorded("POST", "/logs", {"logs": logs}, {"success": True, "created": 2})
    refused = {"logs": [{"level": "LOUD", "message": "x"}]}
    skipped = recorded("POST", "/logs", refused, {"success": True, "created": 0})
    difference = replay(capsule_of(skipped, taken), name="recorded.yaml").difference
    assert difference is not None
    assert difference.why == 'Entry 2 has the level "TRACE", which the API page does not list'


@pytest.mark.parametrize("is_complete", [True, False])
def test_a_wrong_verdict_about_an_item_quotes_the_item(*, is_complete: bool) -> None:
    items = [{"link_id": id_of(1), "status": "running"}, {"link_id": id_of(2), "status": "cancelled"}]
    results = [{"link_id": item["link_id"], "success": True} for item in items]
    answer = {"total": 2, "success": 2, "failed": 0, "results": results}
    bulk = recorded("PUT", "/tasks/bulk", {"items": items}, answer)
    capsule = replace(capsule_of(page("", [task(1), task(2)], total=2), bulk), is_complete=is_complete)
    difference = replay(capsule, name="recorded.yaml").difference
    assert difference is not None
    assert difference.place == "answer/results/1/success"
    assert difference.why == f'The item in the request is {{"link_id":"{id_of(2)}","status":"cancelled"}}'


def test_a_price_in_quotes_looks_different() -> None:
    difference = found(page("limit=3", [task(1, auction_price="100")], total=1, limit=3))
    assert (difference.recorded, difference.now) == ('"100"', "100")


def test_a_refusal_without_a_reason_on_the_page_shows_the_recorded_answer_and_the_body() -> None:
    logs = recorded("POST", "/logs", {"logs": [{"level": "WARN", "message": "slow"}]}, {"error": "bad_level"})
    refused = replace(logs, exchange=replace(logs.exchange, status=400))
    difference = found(refused)
    assert (difference.place, difference.recorded, difference.now) == ("status", "400", "200")
    assert difference.why == (
        'The recorded answer is {"error":"bad_level"}. '
        'The body of the request is {"logs":[{"level":"WARN","message":"slow"}]}'
    )
    assert isinstance(difference.why, Phrase)
    assert difference.why.in_language("vi").startswith("Câu trả lời được ghi là")


def test_an_accepted_request_shows_why_the_mock_refuses_it() -> None:
    logs = recorded("POST", "/logs", {"logs": [{"level": "LOUD", "message": "x"}]}, {"success": True})
    assert found(logs).why.startswith("The mock refuses it: body/logs/0/level:")


def test_an_accepted_update_of_an_unknown_task_says_that_no_list_shows_it() -> None:
    results = [{"link_id": id_of(1), "success": True}, {"link_id": id_of(9), "success": True}]
    items = [{"link_id": id_of(number), "status": "running"} for number in (1, 9)]
    answer = {"total": 2, "success": 2, "failed": 0, "results": results}
    every = "status=pending,queued,running,completed,failed,canceled"
    update_both = recorded("PUT", "/tasks/bulk", {"items": items}, answer)
    later = page(every, [task(1, "running")], total=1)
    difference = found(page(every, [task(1)], total=1), update_both, later)
    assert (difference.place, difference.recorded) == ("answer/results/1/success", "true")
    assert difference.why == f"No list in the recording shows task {id_of(9)}"


def test_another_id_of_the_server_names_the_exchange_that_shows_the_right_one() -> None:
    first, second = page("", [task(1)], total=1), page("", [task(1)], total=1)
    answer = json.loads(second.exchange.answer_body) | {"server_id": id_of(77)}
    wrong = replace(second, exchange=replace(second.exchange, answer_body=json.dumps(answer).encode()))
    difference = found(first, wrong)
    assert (difference.number, difference.place) == (2, "answer/server_id")
    assert difference.why == (
        f'Exchange 1 (GET {BASE}/tasks) shows "{id_of(801)}", and no request can change this'
    )


def test_a_page_that_lists_the_task_of_its_cursor_says_so() -> None:
    pages = (
        page("limit=2", [task(1), task(2)], total=3, limit=2),
        page("", [task(1), task(2), task(3)], total=3),
    )
    repeats = page(f"limit=2&after={id_of(2)}", [task(2), task(3)], total=3, limit=2)
    difference = found(pages[1], pages[0], repeats)
    assert (difference.number, difference.recorded) == (3, f"task {id_of(2)}")
    assert difference.why == "The request asks for the tasks after this task, so the page must not list it"


def test_a_page_with_more_tasks_than_its_limit_says_so() -> None:
    whole = page("", [task(1), task(2), task(3)], total=3)
    difference = found(whole, page("limit=2", [task(1), task(2), task(3)], total=3, limit=2))
    assert difference.why == "The page lists 3 tasks, but the request asks for at most 2"


def test_a_task_against_the_filter_says_so_on_a_page_with_too_many_tasks() -> None:
    whole = page("status=pending,failed", [task(1), task(2, "failed"), task(3)], total=3)
    wrong = page("status=pending&limit=2", [task(1), task(2, "failed"), task(3)], total=2, limit=2)
    difference = found(whole, wrong)
    assert difference.task == id_of(2)
    assert difference.why == 'The status of this task is "failed", but the request asks for pending'


def test_the_earlier_value_of_a_long_text_is_shown_where_it_differs() -> None:
    first, second = (page("", [task(1, site_name=f"{'x' * 300}{end}")], total=1) for end in ("old", "new"))
    difference = found(first, second)
    assert 'xold", and no accepted request' in difference.why


def test_a_task_whose_id_is_no_text_is_taken_for_no_other_task() -> None:
    wrong = {**task(1), "id": 5}
    difference = result_of(page("", [task(2)], total=1), page("", [wrong, task(2)], total=2)).difference
    assert difference is not None
    assert (difference.number, difference.place, difference.why) == (2, "answer/data/0/id", "")


def test_a_value_that_a_later_change_cleared_names_this_change() -> None:
    whole = page("", [task(1, link_post="")], total=1)
    difference = found(whole, update(1, link_post="x"), update(1, status="queued"), whole)
    assert "Exchange 2 " in difference.why
    assert difference.why.endswith(f"exchange 3 (PUT {BASE}/tasks/{id_of(1)}) changed only: status")
