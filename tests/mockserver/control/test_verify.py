"""How often a request came, what came closest, and why it was refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from workerkit.mockserver.pytest_plugin.worker_api import WorkerApi
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.mockserver.world.world import World
from workerkit.openapi.formats.json_contains import contains, differences

Json = dict[str, Any]
Call = Callable[..., requests.Response]
Control = Callable[..., requests.Response]
AddTask = Callable[..., Task]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def a_value_and_a_part(draw: st.DrawFn) -> tuple[Any, Any]:
    """A JSON value, and what is left of it when fields and members are taken away."""
    value = draw(JSON)
    return value, _thinned(copy.deepcopy(value), draw)


def _thinned(value: Any, draw: st.DrawFn) -> Any:
    if isinstance(value, dict):
        return {name: _thinned(each, draw) for name, each in value.items() if draw(st.booleans())}
    if isinstance(value, list):
        return [_thinned(each, draw) for each in value if draw(st.booleans())]
    return value


# What contains what


@given(pair=a_value_and_a_part())
def test_a_value_contains_what_is_left_of_it(pair: tuple[Any, Any]) -> None:
    value, part = pair
    assert contains(value, part)
    assert differences(value, part, "body") == []


@given(value=JSON)
def test_a_value_contains_itself(value: Any) -> None:
    assert contains(value, value)


@given(one=JSON, other=JSON)
def test_what_contains_each_other_is_equal(one: Any, other: Any) -> None:
    if contains(one, other) and contains(other, one):
        assert one == other


@given(seen=JSON, wanted=JSON)
def test_there_are_differences_exactly_where_a_value_is_not_contained(seen: Any, wanted: Any) -> None:
    found = differences(seen, wanted, "body")
    assert bool(found) is not contains(seen, wanted)
    assert all(each.field.startswith("body") for each in found)


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [(1, True), (True, 1), (0, False), ([1, 2], [2, 1]), ([1], [1, 1]), ({}, {"a": None}), ("1", 1)],
)
def test_what_only_looks_alike_is_not_contained(seen: Any, wanted: Any) -> None:
    assert not contains(seen, wanted)


def test_differences_name_the_place_and_both_values() -> None:
    seen = {"items": [{"id": 1}, {"id": 2, "status": "running"}], "note": None}
    wanted = {"items": [{"id": 2, "status": "failed"}], "note": "x", "other": 1}
    found = [
        (difference.field, difference.wanted, difference.seen, difference.absent)
        for difference in differences(seen, wanted, "body")
    ]
    assert found == [
        ("body/items/1/status", "failed", "running", False),
        ("body/note", "x", None, False),
        ("body/other", 1, None, True),
    ]


def test_lists_in_lists_are_compared_in_no_time() -> None:
    seen: Any = 0
    wanted: Any = 1
    for _ in range(60):
        seen, wanted = [*[[0]] * 19, seen], [wanted]
    assert differences(seen, wanted, "body")


# Counting


@pytest.fixture
def verified(control: Control, world: World) -> Callable[..., Json]:
    """What the control plane says of a request that is wanted."""

    def ask(**wanted: Any) -> Json:
        response = control("POST", f"/worlds/{world.name}/verify", wanted)
        assert response.status_code == 200
        answer: Json = response.json()
        return answer

    return ask


def test_requests_are_counted_by_all_that_is_given(
    call: Call, add_task: AddTask, verified: Callable[..., Json]
) -> None:
    one, other = add_task(), add_task()
    for task, status in ((one, "running"), (one, "completed"), (other, "running")):
        call("PUT", f"/tasks/{task.id}", json={"status": status, "note": "n"})
    call("PUT", "/tasks/bulk", json={"items": [{"link_id": one.id, "note": "x"}, {"link_id": other.id}]})
    call("GET", "/tasks?limit=5&page=1")
    assert verified()["count"] == 5
    assert verified(operation="updateTask")["count"] == 3
    assert verified(path=f"/tasks/{one.id}")["count"] == 2
    assert verified(path=f"/api/v1/worker/tasks/{one.id}", body={"status": "completed"})["count"] == 1
    assert verified(body={"items": [{"link_id": other.id}]})["count"] == 1
    assert verified(body={"items": [{"link_id": other.id}, {"link_id": one.id}]})["count"] == 0
    assert verified(path="/tasks?limit=5")["count"] == 1
    assert verified(path="/tasks?limit=6")["count"] == 0
    assert verified(status=200)["count"] == 5
    assert verified(body=None)["count"] == 1


@pytest.mark.parametrize(
    ("times", "ok"),
    [
        ({}, True),
        ({"min": 2}, True),
        ({"min": 3}, False),
        ({"max": 2}, True),
        ({"max": 1}, False),
        ({"min": 2, "max": 2}, True),
        ({"max": 0}, False),
    ],
)
def test_it_has_to_come_as_often_as_wanted(
    call: Call, verified: Callable[..., Json], times: Json, ok: bool
) -> None:
    call("GET", "/tasks")
    call("GET", "/tasks")
    call("POST", "/health", json={})
    found = verified(operation="listTasks", times=times)
    assert (found["ok"], found["count"]) == (ok, 2)


def test_what_must_not_come_and_did_not_is_well(verified: Callable[..., Json]) -> None:
    assert verified(operation="completeLink", times={"max": 0}) == {
        "ok": True,
        "count": 0,
        "dropped": 0,
        "closest": [],
    }
    assert verified(operation="completeLink")["ok"] is False


def test_an_operation_that_there_is_not_is_refused_with_the_closest(control: Control, world: World) -> None:
    response = control("POST", f"/worlds/{world.name}/verify", {"operation": "completLink"})
    assert response.status_code == 400
    assert "completeLink" in response.json()["message"]


# The closest


def test_where_none_matched_the_three_closest_come_with_their_differences(
    call: Call, add_task: AddTask, verified: Callable[..., Json]
) -> None:
    task = add_task()
    call("POST", "/health", json={})
    for status in ("running", "failed", "canceled"):
        call("PUT", f"/tasks/{task.id}", json={"status": status})
    call("GET", "/tasks")
    found = verified(operation="updateTask", path=f"/tasks/{task.id}", body={"status": "completed"})
    assert [near["number"] for near in found["closest"]] == [4, 3, 2]
    assert found["closest"][0]["differences"] == [
        {"field": "body/status", "wanted": "completed", "seen": "canceled"}
    ]
    assert found["closest"][0]["line"].startswith("#4 ")
    assert found["closest"][0]["cause"] is None


def test_too_few_show_what_else_came(call: Call, verified: Callable[..., Json]) -> None:
    call("GET", "/tasks?limit=1")
    call("GET", "/tasks?limit=2")
    found = verified(path="/tasks?limit=1", times={"min": 2})
    assert [near["number"] for near in found["closest"]] == [2]


# The cause


def only_cause(found: Json) -> str:
    cause: str = found["closest"][0]["cause"]
    return cause


def test_a_task_given_away_is_the_cause_and_when_it_was_last_listed(
    call: Call, control: Control, world: World, add_task: AddTask, verified: Callable[..., Json]
) -> None:
    task = add_task()
    control("POST", f"/worlds/{world.name}/clock", {"freeze": "2025-12-01T10:00:03Z"})
    call("GET", "/tasks")
    control("POST", f"/worlds/{world.name}/clock", {"advance": "4s"})
    control("PATCH", f"/worlds/{world.name}/tasks/{task.id}", {"server": "server-02"})
    control("POST", f"/worlds/{world.name}/clock", {"advance": "1s"})
    call("PUT", f"/tasks/{task.id}", json={"status": "running"})
    assert only_cause(verified(operation="updateTask", status=200)) == (
        f"403: task {task.id} was given to server-02 at 10:00:07; this server last listed it at 10:00:03"
        " (by the control plane)"
    )
    control("PATCH", f"/worlds/{world.name}/tasks/{task.id}", {"server": "server-01"})
    assert "was given to server-02" in only_cause(verified(operation="updateTask", status=200))


def test_a_task_that_was_never_its_own_is_the_cause(
    call: Call, add_task: AddTask, verified: Callable[..., Json]
) -> None:
    task = add_task(server="server-02")
    call("POST", "/callback/link/complete", json={"link_id": task.id})
    assert only_cause(verified(status=200)) == (
        f"403: task {task.id} was never given to server-01; this server never listed it"
    )


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"revoked": True}, "the keys of server-01 were revoked"),
        ({"status": "offline"}, "server-01 became offline"),
        ({"api_key": "another-key-of-it"}, "server-01 was given another key"),
    ],
)
def test_what_happened_to_the_key_is_the_cause(
    call: Call, control: Control, world: World, verified: Callable[..., Json], change: Json, cause: str
) -> None:
    control("POST", f"/worlds/{world.name}/clock", {"freeze": "2025-12-01T10:00:05Z"})
    control("PATCH", f"/worlds/{world.name}/servers/server-01", change)
    call("GET", "/tasks")
    assert only_cause(verified(status=200)) == f"401: {cause} at 10:00:05 by the control plane"


def test_what_happened_later_is_not_the_cause(
    call: Call, control: Control, world: World, verified: Callable[..., Json]
) -> None:
    call("GET", "/tasks", key="nobodys-key")
    control("PATCH", f"/worlds/{world.name}/servers/server-01", {"revoked": True})
    assert only_cause(verified(status=200)) == "401: the API key is no server's"


def test_elsewhere_the_cause_is_what_the_journal_says(call: Call, verified: Callable[..., Json]) -> None:
    call("GET", "/tasks?page=x")
    assert "query/page" in only_cause(verified(status=200))


# In a test


@pytest.fixture
def worker(mock: MockServer) -> Any:
    api = WorkerApi(mock)
    yield api
    api.close()


def test_the_fixture_says_in_words_what_came_instead(worker: WorkerApi) -> None:
    task = worker.add_task(server="server-02")
    headers = {"X-API-Key": worker.api_key}
    requests.put(
        f"{worker.base_url}/tasks/{task['id']}", json={"status": "running"}, headers=headers, timeout=120
    )
    assert worker.verify("updateTask", status=403, body={"status": "running"}, times=1).count == 1
    worker.verify("completeLink", times={"max": 0})
    with pytest.raises(AssertionError) as caught:
        worker.verify("updateTask", status=200)
    said = str(caught.value)
    assert "operation updateTask, status 200: came 0 times" in said
    assert "status: wanted 200, seen 403" in said
    assert f"403: task {task['id']} was never given to server-01" in said
    with pytest.raises(InvalidRequestError):
        worker.verify("updateTsk")
