"""Tests the verification of requests: the count, the closest requests, and the causes of refusals."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from workerkit.mockserver.python_api.worker_api import WorkerApi
from workerkit.mockserver.server.server import WorldServer
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
def values_with_parts(draw: st.DrawFn) -> tuple[Any, Any]:
    """Draws a JSON value, and a copy of it without some fields and members."""
    value = draw(JSON)
    return value, _part_of(copy.deepcopy(value), draw)


def _part_of(value: Any, draw: st.DrawFn) -> Any:
    if isinstance(value, dict):
        return {name: _part_of(field, draw) for name, field in value.items() if draw(st.booleans())}
    if isinstance(value, list):
        return [_part_of(member, draw) for member in value if draw(st.booleans())]
    return value


# Comparing JSON


@given(pair=values_with_parts())
def test_a_value_contains_its_part(pair: tuple[Any, Any]) -> None:
    value, part = pair
    assert contains(value, part)
    assert differences(value, part, "body") == []


@given(value=JSON)
def test_a_value_contains_itself(value: Any) -> None:
    assert contains(value, value)


@given(first=JSON, second=JSON)
def test_values_that_contain_each_other_are_equal(first: Any, second: Any) -> None:
    if contains(first, second) and contains(second, first):
        assert first == second


@given(seen=JSON, wanted=JSON)
def test_there_are_differences_only_if_a_value_is_not_contained(seen: Any, wanted: Any) -> None:
    found = differences(seen, wanted, "body")
    assert bool(found) is not contains(seen, wanted)
    assert all(difference.field.startswith("body") for difference in found)


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [(1, True), (True, 1), (0, False), ([1, 2], [2, 1]), ([1], [1, 1]), ({}, {"a": None}), ("1", 1)],
)
def test_similar_values_are_not_contained(seen: Any, wanted: Any) -> None:
    assert not contains(seen, wanted)


def test_differences_have_the_place_and_both_values() -> None:
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


def test_deeply_nested_lists_are_compared_quickly() -> None:
    seen: Any = 0
    wanted: Any = 1
    for _ in range(60):
        seen, wanted = [*[[0]] * 19, seen], [wanted]
    assert differences(seen, wanted, "body")


# Counting


@pytest.fixture
def verified(control: Control, world: World) -> Callable[..., Json]:
    """Calls `verifyCalls` for the world of the test. Returns the answer."""

    def send(**expected: Any) -> Json:
        response = control("POST", f"/worlds/{world.name}/verify", expected)
        assert response.status_code == 200
        answer: Json = response.json()
        return answer

    return send


def test_requests_are_counted_that_match_all_given_fields(
    call: Call, add_task: AddTask, verified: Callable[..., Json]
) -> None:
    first, second = add_task(), add_task()
    for task, status in ((first, "running"), (first, "completed"), (second, "running")):
        call("PUT", f"/tasks/{task.id}", json={"status": status, "note": "n"})
    call("PUT", "/tasks/bulk", json={"items": [{"link_id": first.id, "note": "x"}, {"link_id": second.id}]})
    call("GET", "/tasks?limit=5&page=1")
    assert verified()["count"] == 5
    assert verified(operation="updateTask")["count"] == 3
    assert verified(path=f"/tasks/{first.id}")["count"] == 2
    assert verified(path=f"/api/v1/worker/tasks/{first.id}", body={"status": "completed"})["count"] == 1
    assert verified(body={"items": [{"link_id": second.id}]})["count"] == 1
    assert verified(body={"items": [{"link_id": second.id}, {"link_id": first.id}]})["count"] == 0
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
        (2, True),
        (1, False),
        (3, False),
        (0, False),
    ],
)
def test_the_count_has_to_be_within_the_bounds(
    call: Call, verified: Callable[..., Json], times: Json | int, ok: bool
) -> None:
    call("GET", "/tasks")
    call("GET", "/tasks")
    call("POST", "/health", json={})
    found = verified(operation="listTasks", times=times)
    assert (found["ok"], found["count"]) == (ok, 2)


@pytest.mark.parametrize("times", [-1, 1.5, True, "3", {"exactly": 3}])
def test_times_is_a_number_or_a_range(control: Control, world: World, times: Any) -> None:
    refused = control("POST", f"/worlds/{world.name}/verify", {"times": times})
    assert (refused.status_code, refused.json()["error"]) == (400, "bad_request")


def test_a_request_with_a_maximum_of_0_must_not_exist(verified: Callable[..., Json]) -> None:
    assert verified(operation="completeLink", times={"max": 0}) == {
        "ok": True,
        "count": 0,
        "dropped": 0,
        "closest": [],
    }
    assert verified(operation="completeLink")["ok"] is False


def test_the_error_for_an_unknown_operation_names_a_similar_one(control: Control, world: World) -> None:
    response = control("POST", f"/worlds/{world.name}/verify", {"operation": "completLink"})
    assert response.status_code == 400
    assert "completeLink" in response.json()["message"]


# The closest requests


def test_without_a_match_the_three_closest_requests_are_returned(
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


def test_with_too_few_matches_other_requests_are_returned(call: Call, verified: Callable[..., Json]) -> None:
    call("GET", "/tasks?limit=1")
    call("GET", "/tasks?limit=2")
    found = verified(path="/tasks?limit=1", times={"min": 2})
    assert [near["number"] for near in found["closest"]] == [2]


# The cause


def only_cause(found: Json) -> str:
    cause: str = found["closest"][0]["cause"]
    return cause


def test_the_cause_of_a_403_names_the_move_of_the_task_and_its_last_list(
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
        f"403: task {task.id} was given to server-02 at 10:00:07 by the control plane; "
        "server-01 last listed it at 10:00:03"
    )
    control("PATCH", f"/worlds/{world.name}/tasks/{task.id}", {"server": "server-01"})
    assert "was given to server-02" in only_cause(verified(operation="updateTask", status=200))


def test_the_cause_of_a_403_says_that_a_task_never_belonged_to_the_server(
    call: Call, add_task: AddTask, verified: Callable[..., Json]
) -> None:
    task = add_task(server="server-02")
    call("POST", "/callback/link/complete", json={"link_id": task.id})
    assert only_cause(verified(status=200)) == (
        f"403: task {task.id} was never given to server-01; server-01 never listed it"
    )


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"revoked": True}, "the keys of server-01 were revoked"),
        ({"status": "offline"}, "server-01 became offline"),
        ({"api_key": "another-key-of-it"}, "server-01 was given another key"),
    ],
)
def test_the_cause_of_a_401_names_the_change_of_the_key_or_server(
    call: Call, control: Control, world: World, verified: Callable[..., Json], change: Json, cause: str
) -> None:
    control("POST", f"/worlds/{world.name}/clock", {"freeze": "2025-12-01T10:00:05Z"})
    control("PATCH", f"/worlds/{world.name}/servers/server-01", change)
    call("GET", "/tasks")
    assert only_cause(verified(status=200)) == f"401: {cause} at 10:00:05 by the control plane"


def test_a_later_change_is_not_the_cause(
    call: Call, control: Control, world: World, verified: Callable[..., Json]
) -> None:
    call("GET", "/tasks", key="nobodys-key")
    control("PATCH", f"/worlds/{world.name}/servers/server-01", {"revoked": True})
    assert only_cause(verified(status=200)) == "401: the API key belongs to no server"


def test_the_cause_of_a_400_is_the_reason_in_the_journal(call: Call, verified: Callable[..., Json]) -> None:
    call("GET", "/tasks?page=x")
    assert "query/page" in only_cause(verified(status=200))


# The pytest fixture


@pytest.fixture
def worker(mock: WorldServer) -> Any:
    api = WorkerApi(mock)
    yield api
    api.close()


def test_the_error_of_the_fixture_lists_the_closest_requests(worker: WorkerApi) -> None:
    task = worker.add_task(server="server-02")
    headers = {"X-API-Key": worker.api_key}
    requests.put(
        f"{worker.base_url}/tasks/{task['id']}", json={"status": "running"}, headers=headers, timeout=120
    )
    assert worker.verify("updateTask", status=403, body={"status": "running"}, times=1).count == 1
    worker.verify("completeLink", times={"max": 0})
    with pytest.raises(AssertionError) as caught:
        worker.verify("updateTask", status=200)
    message = str(caught.value)
    assert "expected operation updateTask, status 200; found 0 requests" in message
    with pytest.raises(AssertionError, match="expected operation updateTask, times 2; found 1 requests"):
        worker.verify("updateTask", times=2)
    assert "status: expected 200, found 403" in message
    assert f"403: task {task['id']} was never given to server-01" in message
    with pytest.raises(InvalidRequestError):
        worker.verify("updateTsk")
