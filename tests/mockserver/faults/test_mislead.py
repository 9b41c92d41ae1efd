"""The faults that give a valid answer which is not true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.mockserver.faults.fault_client import (
    SECONDS,
    AddTask,
    Call,
    FaultClient,
    bulk_request,
    covers_fault,
    update_request,
)
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.world import World


def list_page(client: FaultClient, query: str = "") -> Any:
    return client.send("GET", f"/tasks{query}").json


def listed_ids(page: Any) -> list[str]:
    return [task["id"] for task in page["data"]]


@covers_fault("lost-answer")
@pytest.mark.parametrize(
    ("way", "end", "patience"),
    [("reset", "reset", SECONDS), ("close", "closed", SECONDS), ("hang", "silence", 0.2)],
)
def test_lost_answer_changes_the_world_but_sends_nothing(
    client: FaultClient, task: Task, way: str, end: str, patience: float
) -> None:
    client.add_fault("lost-answer", by=way)
    request = "POST", "/callback/link/complete", {"link_id": task.id}
    received = client.send(*request, patience=patience)
    assert (received.data, received.end) == (b"", end)
    exchange = client.next_ended_exchange()
    assert (task.status, task.request.created_links) == ("completed", 1)
    assert exchange.status is None
    assert exchange.why.startswith(f"fault lost-answer: {way}")


WRITES = [
    ("POST", "/health", lambda task: {"ip": "::1"}),
    ("PUT", "/tasks/{id}", lambda task: {"status": "completed", "link_post": "https://a.example"}),
    ("PUT", "/tasks/bulk", lambda task: {"items": [{"link_id": task.id.upper(), "status": "failed"}]}),
    ("POST", "/logs", lambda task: {"logs": [{"level": "INFO", "message": "m"}]}),
    ("POST", "/callback/link/update", lambda task: {"link_id": task.id, "note": "n", "status": "running"}),
    ("POST", "/callback/link/complete", lambda task: {"link_id": task.id}),
    ("POST", "/callback/request/status", lambda task: {"request_id": task.request.id, "status": "done"}),
    ("POST", "/callback/account/status", lambda task: {"account_id": task.account.id, "status": "banned"}),
]


def world_state(client: FaultClient) -> Any:
    def read_state() -> Any:
        world = client.world
        entities_by_kind = (world.servers, world.tasks, world.requests, world.accounts)
        return [[entity.as_json() for entity in entities.values()] for entities in entities_by_kind] + [
            list(world.logs)
        ]

    return client.run_in_server_thread(read_state)


@covers_fault("unapplied")
@pytest.mark.parametrize(("method", "path", "body_of"), WRITES, ids=[write[1] for write in WRITES])
def test_unapplied_answers_but_does_not_change_the_world(
    client: FaultClient, task: Task, method: str, path: str, body_of: Callable[[Task], Any]
) -> None:
    request = method, path.format(id=task.id), body_of(task)
    before = world_state(client)
    client.add_fault("unapplied", times=1)
    without_change = client.send(*request)
    assert world_state(client) == before
    assert client.next_ended_exchange().why == "fault unapplied"
    with_change = client.send(*request)
    assert (without_change.status, without_change.json) == (200, with_change.json)
    assert world_state(client) != before


@pytest.mark.parametrize(("method", "path", "body_of"), WRITES, ids=[write[1] for write in WRITES])
def test_unapplied_refuses_what_the_world_would_refuse(
    client: FaultClient, add_task: AddTask, call: Call, method: str, path: str, body_of: Callable[[Task], Any]
) -> None:
    add_task()
    foreign = add_task(server="server-02", request_name="theirs", username="theirs")
    request = method, path.format(id=foreign.id), body_of(foreign)
    fault = client.add_fault("unapplied", times=1)
    without_change, with_change = client.send(*request), client.send(*request)
    assert (without_change.status, without_change.json) == (with_change.status, with_change.json)
    assert fault.times_applied == 1


@covers_fault("partial-bulk")
@pytest.mark.parametrize("then", ["error", "lost"])
def test_partial_bulk_stops_after_the_given_number_of_items(
    client: FaultClient, add_task: AddTask, then: str
) -> None:
    tasks = [add_task(status="pending") for _ in range(5)]
    client.add_fault("partial-bulk", applied=2, then=then)
    received = client.send(*bulk_request(tasks))
    if then == "error":
        assert (received.status, received.end) == (500, "closed")
    else:
        assert (received.data, received.end) == (b"", "reset")
    assert [task.status for task in tasks] == ["running"] * 2 + ["pending"] * 3
    exchange = client.next_ended_exchange()
    assert exchange.why == "fault partial-bulk: stopped after 2 of 5 items"
    assert exchange.status == (500 if then == "error" else None)


@pytest.mark.parametrize("then", ["error", "lost"])
def test_partial_bulk_does_not_count_a_short_batch(client: FaultClient, add_task: AddTask, then: str) -> None:
    tasks = [add_task(status="pending") for _ in range(3)]
    fault = client.add_fault("partial-bulk", applied=2, then=then, times=1)
    assert client.send(*bulk_request(tasks[:2])).json["success"] == 2
    assert (fault.calls, fault.times_applied) == (1, 0)
    assert client.send(*bulk_request(tasks)).end == ("closed" if then == "error" else "reset")
    assert (fault.calls, fault.times_applied) == (2, 1)


@covers_fault("listed-twice")
def test_listed_twice_repeats_a_task_and_omits_no_task(client: FaultClient, add_task: AddTask) -> None:
    own = [add_task(status="pending").id for _ in range(5)]
    client.add_fault("listed-twice")
    first = list_page(client, "?limit=3")
    assert listed_ids(first) == [own[0], own[1], own[0]]
    second = list_page(client, f"?limit=3&after={first['next_cursor']}")
    assert listed_ids(second) == [own[2], own[3], own[2]]
    third = list_page(client, f"?limit=3&after={second['next_cursor']}")
    assert (listed_ids(third), third["next_cursor"]) == ([own[4], own[4]], None)
    assert client.next_ended_exchange().why == f"fault listed-twice: task {own[0]}"


def test_an_empty_page_does_not_count(client: FaultClient, add_task: AddTask) -> None:
    faults = [client.add_fault(kind, times=1) for kind in ("listed-twice", "handed-over")]
    assert list_page(client)["data"] == []
    assert [fault.times_applied for fault in faults] == [0, 0]
    assert client.next_ended_exchange().why == ""
    add_task(status="pending")
    assert len(list_page(client)["data"]) == 2
    assert [fault.times_applied for fault in faults] == [1, 1]


@covers_fault("handed-over")
@pytest.mark.parametrize(("which", "index"), [("first", 0), ("cursor", 1), ("next", 2)])
def test_handed_over_assigns_a_task_to_another_server_between_two_pages(
    client: FaultClient, add_task: AddTask, which: str, index: int
) -> None:
    tasks = [add_task(status="pending") for _ in range(4)]
    client.add_fault("handed-over", which=which, to="server-03", times=1)
    first = list_page(client, "?limit=2")
    assert listed_ids(first) == [task.id for task in tasks[:2]]
    assert [task.server == "server-03" for task in tasks] == [number == index for number in range(4)]
    assert client.next_ended_exchange().why == f"fault handed-over: task {tasks[index].id} to server-03"
    assert client.send(*update_request(tasks[index])).status == 403
    remaining = [] if which == "cursor" else [task.id for task in tasks[2:] if task is not tasks[index]]
    assert listed_ids(list_page(client, f"?limit=2&after={first['next_cursor']}")) == remaining


def test_handed_over_does_nothing_without_a_next_task(client: FaultClient, add_task: AddTask) -> None:
    only = add_task(status="pending")
    fault = client.add_fault("handed-over", which="next")
    assert listed_ids(list_page(client)) == [only.id]
    assert (only.server, fault.times_applied) == ("server-01", 0)


@covers_fault("stale-page")
def test_stale_page_answers_with_the_page_of_an_earlier_request(
    client: FaultClient, add_task: AddTask
) -> None:
    tasks = [add_task(status="pending").id]
    first_page = list_page(client)
    fault = client.add_fault("stale-page", behind=2)
    pages = []
    for _ in range(4):
        tasks.append(add_task(status="pending").id)
        pages.append(listed_ids(list_page(client)))
    assert pages == [tasks[:1], tasks[:1], tasks[:2], tasks[:3]]
    assert listed_ids(list_page(client, "?limit=9")) == tasks
    assert (first_page["total"], fault.times_applied) == (1, 4)


def test_stale_page_answers_with_the_page_of_an_earlier_time(
    client: FaultClient, add_task: AddTask, world: World
) -> None:
    client.add_fault("stale-page", lag="10s")
    tasks, pages = [], []
    for _ in range(5):
        tasks.append(add_task(status="pending").id)
        pages.append(listed_ids(list_page(client)))
        client.run_in_server_thread(lambda: world.clock.advance(6.0))
    assert pages == [tasks[:1], tasks[:1], tasks[:1], tasks[:2], tasks[:3]]


@covers_fault("skewed-time")
@pytest.mark.parametrize(("direction", "server_time"), [("ahead", "11:30:00"), ("behind", "08:30:00")])
def test_skewed_time_changes_the_answer_but_not_the_clock(
    client: FaultClient, world: World, direction: str, server_time: str
) -> None:
    client.add_fault("skewed-time", by="1.5h", direction=direction)
    assert client.send("POST", "/health", {}).json["data"]["server_time"] == f"2025-12-01T{server_time}Z"
    assert client.next_ended_exchange().began == world.servers["server-01"].heartbeat_at == world.clock.begin


def test_skewed_time_stays_within_the_years_that_can_be_formatted(client: FaultClient) -> None:
    for direction in ("ahead", "behind"):
        client.clear_faults()
        client.add_fault("skewed-time", by="999999999h", direction=direction)
        assert client.send("POST", "/health", {}).status == 200
