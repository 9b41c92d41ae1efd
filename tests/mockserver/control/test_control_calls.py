"""Tests each call of the control plane. The fixture `control` checks every answer against the spec."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.journal import CAPACITY
from workerkit.mockserver.world.world import World
from workerkit.scenarios.faults import FAULTS
from workerkit.scenarios.library import library

Control = Callable[..., requests.Response]
Call = Callable[..., requests.Response]
AddTask = Callable[..., Task]

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
START_TIME = "2025-12-01T10:00:00Z"


@pytest.fixture
def call_world(control: Control, world: World) -> Control:
    """Calls the control plane for the world of the test: method, path after the world's name, JSON."""

    def send(method: str, path: str, json: Any = None) -> requests.Response:
        return control(method, f"/worlds/{world.name}{path}", json)

    return send


def assert_refused(response: requests.Response, status: int, message: str) -> None:
    codes = {400: "bad_request", 404: "not_found", 409: "conflict"}
    assert (response.status_code, response.json()["error"]) == (status, codes[status])
    assert message in response.json()["message"]


# Health and worlds


def test_health_names_the_worlds(control: Control, world: World) -> None:
    assert control("GET", "/health").json() == {"status": "ok", "worlds": [world.name]}


def test_a_new_world_has_its_own_keys(control: Control, http: requests.Session, world: World) -> None:
    response = control("POST", "/worlds", {})
    assert response.status_code == 201
    new_world = response.json()
    assert [(server["name"], server["status"]) for server in new_world["servers"]] == [
        ("server-01", "online"),
        ("server-02", "active"),
        ("server-03", "offline"),
    ]
    statuses = []
    for server in new_world["servers"]:
        assert server["api_key"] not in world.key_ring.all_keys()
        listed = http.get(
            f"{new_world['base_url']}/tasks", headers={"X-API-Key": server["api_key"]}, timeout=120
        )
        statuses.append(listed.status_code)
    assert statuses == [200, 200, 401]
    assert len(world.journal) == 0


def test_a_new_world_without_options_is_like_the_default_world(control: Control, world: World) -> None:
    state = control("GET", f"/worlds/{control('POST', '/worlds', {}).json()['world']}").json()
    owners = [task["server"] for task in state["tasks"]]
    assert (owners.count("server-01"), owners.count("server-02")) == (250, 25)
    assert len({task["status"] for task in state["tasks"]}) == 6
    assert (len(state["requests"]), len(state["accounts"]), state["scenario"]) == (4, 6, None)


def test_the_same_seed_makes_the_same_world(control: Control, world: World) -> None:
    first, second, other = (
        control("GET", f"/worlds/{control('POST', '/worlds', {'seed': seed}).json()['world']}").json()
        for seed in (3, 3, 4)
    )
    assert (first["tasks"], first["time"]) == (second["tasks"], START_TIME)
    assert first["tasks"] != other["tasks"]


def test_a_world_can_be_made_with_a_scenario(control: Control, world: World) -> None:
    new_world = control("POST", "/worlds", {"scenario": "key-revoked", "seed": 3}).json()
    state = control("GET", f"/worlds/{new_world['world']}").json()
    assert (state["scenario"], len(state["tasks"])) == ("key-revoked", 60)


def test_a_world_can_have_a_name_and_a_key_prefix(control: Control, mock: WorldServer, world: World) -> None:
    body = {"name": "night-3", "key_prefix": "team-a"}
    new_world = control("POST", "/worlds", body).json()
    assert (new_world["world"], new_world["key_prefix"]) == ("night-3", "team-a")
    keys = [server["api_key"] for server in new_world["servers"]]
    assert keys == [f"team-a.server-0{number}-key" for number in (1, 2, 3)]
    assert {mock.worlds.director_for_key(key).world.name for key in keys} == {"night-3"}  # type: ignore[union-attr]
    assert control("GET", "/worlds").json()["worlds"][-1] == new_world
    assert_refused(
        control("POST", "/worlds", {"key_prefix": "team-a"}), 409, "the key prefix team-a belongs to"
    )
    assert_refused(control("POST", "/worlds", {"name": "night-3"}), 409, "there is already a world night-3")


def test_a_new_key_of_a_server_gets_the_prefix(control: Control, world: World) -> None:
    control("POST", "/worlds", {"name": "a", "key_prefix": "a"})
    server = control("PATCH", "/worlds/a/servers/server-01", {"api_key": "new"}).json()
    assert server["api_key"] == "a.new"
    body = {"api_key": "a.other"}
    refused = control("PATCH", f"/worlds/{world.name}/servers/server-01", body)
    assert_refused(refused, 409, "begins with the key prefix of the world a")


def test_a_snapshot_with_another_prefix_is_refused(control: Control, world: World) -> None:
    for name in ("a", "b"):
        control("POST", "/worlds", {"name": name, "key_prefix": name})
    snapshot = control("GET", "/worlds/a/snapshot").json()
    assert_refused(control("PUT", "/worlds/b/snapshot", snapshot), 409, "have another prefix")
    assert control("PUT", "/worlds/a/snapshot", snapshot).status_code == 200


def test_the_base_url_has_the_host_of_the_request(control: Control, mock: WorldServer, world: World) -> None:
    host = f"localhost:{mock.port}"
    new_world = control("POST", "/worlds", {}, headers={"Host": host}).json()
    assert new_world["base_url"] == f"http://{host}/api/v1/worker"
    assert control("POST", "/worlds", {}).json()["base_url"] == mock.base_url


def test_the_list_of_worlds_has_the_url_and_the_keys_of_each(
    control: Control, mock: WorldServer, world: World
) -> None:
    new_world = control("POST", "/worlds", {}).json()
    first, second = control("GET", "/worlds").json()["worlds"]
    assert (first["world"], first["base_url"]) == (world.name, mock.base_url)
    assert first["servers"][0]["api_key"] in world.key_ring.all_keys()
    assert second == new_world
    control("DELETE", f"/worlds/{new_world['world']}")
    assert control("GET", "/worlds").json() == {"worlds": [first]}


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"scenario": "key-revokd"}, 404, 'did you mean "key-revoked"?'),
        ({"scenario": "../library/key-revoked.yaml"}, 404, "there is no scenario"),
        ({"scenario": 7}, 400, "body/scenario"),
        (
            {"scenario": "stopped-in-a-task"},
            400,
            "body/scenario: the scenario stopped-in-a-task has the effect",
        ),
        ({"sed": 7}, 400, 'did you mean "seed"?'),
        ({"name": "a b"}, 400, 'body/name: "a b" does not match'),
        ({"name": "x" * 65}, 400, "body/name"),
        ({"key_prefix": ""}, 400, "body/key_prefix"),
        ({"key_prefix": "team.a"}, 400, 'body/key_prefix: "team.a" does not match'),
        (
            {
                "key_prefix": "a",
                "world": {"servers": [{"name": "x", "key": "k"}, {"name": "y", "key": "a.k"}]},
            },
            400,
            "body/world: x and y have the same API key",
        ),
        ({"seed": -1}, 400, "body/seed"),
        ({"seed": 2**63}, 400, "body/seed"),
        ([], 400, "body"),
    ],
)
def test_a_world_with_a_mistake_is_refused(
    control: Control, mock: WorldServer, world: World, body: Any, status: int, message: str
) -> None:
    assert_refused(control("POST", "/worlds", body), status, message)
    assert mock.worlds.names() == (world.name,)


def test_a_removed_world_releases_its_keys(control: Control, call: Call, world: World) -> None:
    new_world = control("POST", "/worlds", {}).json()
    assert control("DELETE", f"/worlds/{new_world['world']}").json() == {"deleted": new_world["world"]}
    assert_refused(
        control("GET", f"/worlds/{new_world['world']}"), 404, f"there is no world {new_world['world']}"
    )
    assert call("GET", "/tasks", key=new_world["servers"][0]["api_key"]).status_code == 401
    taken = {"api_key": new_world["servers"][0]["api_key"]}
    assert control("PATCH", f"/worlds/{world.name}/servers/server-01", taken).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/reset"),
        ("POST", "/clock"),
        ("GET", "/tasks"),
        ("POST", "/tasks"),
        ("PATCH", f"/tasks/{UNKNOWN_ID}"),
        ("GET", "/servers"),
        ("PATCH", "/servers/server-01"),
        ("GET", "/requests"),
        ("GET", "/accounts"),
        ("GET", "/logs"),
        ("GET", "/journal"),
    ],
)
def test_an_unknown_world_is_404_and_the_answer_names_the_existing_worlds(
    control: Control, world: World, method: str, path: str
) -> None:
    body = {"advance": "1s"} if path == "/clock" else {}
    assert_refused(control(method, f"/worlds/nowhere{path}", body), 404, f"there are {world.name}")


def test_the_state_of_a_world_equals_its_parts(
    call_world: Control, call: Call, world: World, add_task: AddTask
) -> None:
    call("POST", "/callback/link/complete", json={"link_id": add_task().id})
    call("POST", "/logs", json={"logs": [{"level": "INFO", "message": "a"}]})
    call("POST", "/health", json={"ip": "::1"})
    state = call_world("GET", "").json()
    for part in ("servers", "tasks", "requests", "accounts", "logs"):
        assert call_world("GET", f"/{part}").json() == {part: state[part]}
    assert (state["world"], state["exchanges"]) == (world.name, 3)


# Reset


def test_a_reset_restores_the_whole_world(control: Control, http: requests.Session, world: World) -> None:
    new_world = control("POST", "/worlds", {"seed": 5}).json()
    name, keys = new_world["world"], [server["api_key"] for server in new_world["servers"]]

    def send(method: str, path: str, key: str = keys[0], **more: Any) -> requests.Response:
        return http.request(
            method, f"{new_world['base_url']}{path}", headers={"X-API-Key": key}, timeout=120, **more
        )

    def state() -> Any:
        return control("GET", f"/worlds/{name}").json()

    before = state()
    listed = send("GET", "/tasks?limit=1000").content
    task, other = [task for task in before["tasks"] if task["server"] == "server-01"][:2]
    send("POST", "/health", json={"ip": "::1"})
    send("POST", "/logs", json={"logs": [{"level": "INFO", "message": "a"}]})
    send("PUT", f"/tasks/{task['id']}", json={"status": "failed", "note": "a", "is_indexed": True})
    send("POST", "/callback/link/complete", json={"link_id": task["id"], "link_post": "https://a.example"})
    send("POST", "/callback/request/status", json={"request_id": task["request_id"], "status": "done"})
    send("POST", "/callback/account/status", json={"account_id": task["account_id"], "status": "banned"})
    control("POST", f"/worlds/{name}/tasks", {"count": 3, "email": "new@mail.example", "request_name": "New"})
    control("PATCH", f"/worlds/{name}/tasks/{other['id']}", {"server": "server-02"})
    control("PATCH", f"/worlds/{name}/servers/server-01", {"status": "offline", "api_key": "new-key"})
    control("PATCH", f"/worlds/{name}/servers/server-02", {"revoked": True})
    control("POST", f"/worlds/{name}/clock", {"freeze": "2030-01-01T00:00:00Z"})
    changed = state()
    parts = ("time", "servers", "tasks", "requests", "accounts", "logs", "exchanges")
    assert [part for part in parts if changed[part] == before[part]] == []

    reset = control("POST", f"/worlds/{name}/reset").json()
    assert reset == {"world": name, "servers": new_world["servers"]}
    assert state() == before
    assert control("GET", f"/worlds/{name}/journal").json() == {"exchanges": [], "dropped": 0}
    assert send("GET", "/tasks?limit=1000").content == listed
    assert send("GET", "/tasks", key="new-key").status_code == 401
    assert control("GET", f"/worlds/{name}/journal").json()["exchanges"][0]["number"] == 1


def test_a_reset_starts_the_scenario_again(control: Control, http: requests.Session, world: World) -> None:
    new_world = control("POST", "/worlds", {"scenario": "key-revoked"}).json()

    def statuses() -> list[int]:
        control("POST", f"/worlds/{new_world['world']}/clock", {"freeze": START_TIME})
        headers = {"X-API-Key": new_world["servers"][0]["api_key"]}
        return [
            http.get(f"{new_world['base_url']}/tasks", headers=headers, timeout=120).status_code
            for _ in range(5)
        ]

    assert statuses() == [200, 200, 200, 401, 401]
    control("POST", f"/worlds/{new_world['world']}/reset")
    assert statuses() == [200, 200, 200, 401, 401]


def test_a_reset_does_not_change_other_worlds(
    call_world: Control, call: Call, control: Control, world: World
) -> None:
    other = control("POST", "/worlds", {}).json()["world"]
    call_world("POST", "/tasks", {"count": 2})
    control("POST", f"/worlds/{other}/reset")
    assert call("GET", "/tasks?status=pending").json()["total"] == 2


# Clock


def test_a_frozen_clock_does_not_move(call_world: Control, call: Call) -> None:
    assert call_world("POST", "/clock", {"freeze": "2026-02-03T05:05:06+01:00"}).json() == {
        "time": "2026-02-03T04:05:06Z"
    }
    for _ in range(2):
        assert call("POST", "/health", json={}).json()["data"]["server_time"] == "2026-02-03T04:05:06Z"
    assert call_world("POST", "/clock", {"advance": "1.5h"}).json() == {"time": "2026-02-03T05:35:06Z"}
    assert call("POST", "/health", json={}).json()["data"]["server_time"] == "2026-02-03T05:35:06Z"
    assert call_world("POST", "/clock", {"run": True}).json() == {"time": "2026-02-03T05:35:06Z"}


@pytest.mark.parametrize(
    "body",
    [
        {"advance": "60"},
        {"advance": "-60s"},
        {"advance": "1d"},
        {"advance": 60},
        {"run": False},
        {"advance": "999999999h"},
        {"freeze": "yesterday"},
        {"freeze": "2026-02-03T04:05:06"},
        {"freeze": "2026-02-30T04:05:06Z"},
        {"freeze": "2016-12-31T23:59:60Z"},
        {"freeze": "1969-12-31T23:59:59Z"},
        {"freeze": "0001-01-01T00:00:00+23:59"},
        {"freeze": "9999-12-31T23:59:59-23:59"},
        {"advance": "1s", "freeze": "2026-02-03T04:05:06Z"},
        {},
        {"freez": "2026-02-03T04:05:06Z"},
    ],
)
def test_a_bad_time_is_refused_and_the_clock_does_not_change(
    call_world: Control, body: dict[str, Any]
) -> None:
    call_world("POST", "/clock", {"freeze": "2026-02-03T04:05:06Z"})
    assert_refused(call_world("POST", "/clock", body), 400, "body")
    assert call_world("GET", "").json()["time"] == "2026-02-03T04:05:06Z"


def test_the_refusal_of_a_bad_time_names_its_field(call_world: Control) -> None:
    assert_refused(call_world("POST", "/clock", {"advance": "60"}), 400, "body/advance")
    assert_refused(
        call_world("POST", "/clock", {"freez": "2026-02-03T04:05:06Z"}), 400, 'did you mean "freeze"?'
    )


def test_the_last_year_is_9999(call_world: Control, call: Call) -> None:
    call_world("POST", "/clock", {"freeze": "9999-12-31T23:59:59Z"})
    assert call("POST", "/health", json={}).json()["data"]["server_time"] == "9999-12-31T23:59:59Z"
    assert_refused(call_world("POST", "/clock", {"advance": "1s"}), 400, "9999")


# Tasks


def test_added_tasks_belong_to_the_first_server(call_world: Control, call: Call) -> None:
    added = call_world("POST", "/tasks", {"count": 3})
    assert added.status_code == 201
    ids = [task["id"] for task in added.json()["tasks"]]
    assert len(set(ids)) == 3
    assert [task["id"] for task in call("GET", "/tasks").json()["data"]] == ids
    assert {task["server"] for task in added.json()["tasks"]} == {"server-01"}


def test_an_added_task_has_the_given_fields(call_world: Control, world: World) -> None:
    request, account = next(iter(world.requests)), next(iter(world.accounts))
    fields: dict[str, Any] = {
        "id": UNKNOWN_ID,
        "server": "server-02",
        "request_id": request,
        "account_id": account,
        "status": "failed",
        "config": '{"simulate": "fail"}',
        "details": {"a": [1, None]},
        "retry_count": 2,
        "error_message": "Captcha failed",
        "note": None,
        "is_indexed": False,
    }
    (task,) = call_world("POST", "/tasks", fields).json()["tasks"]
    assert fields.items() <= task.items()


def test_a_task_can_have_a_new_request_and_a_new_account(call_world: Control) -> None:
    (task,) = call_world("POST", "/tasks", {"request_name": "New", "email": "new@mail.example"}).json()[
        "tasks"
    ]
    requests_now = {
        request["id"]: request["name"] for request in call_world("GET", "/requests").json()["requests"]
    }
    accounts_now = {
        account["id"]: account["email"] for account in call_world("GET", "/accounts").json()["accounts"]
    }
    assert requests_now[task["request_id"]] == "New"
    assert accounts_now[task["account_id"]] == "new@mail.example"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"staus": "pending"}, 400, 'did you mean "status"?'),
        ({"created_at": START_TIME}, 400, "created_at"),
        ({"status": "pendng"}, 400, "body/status"),
        ({"count": 0}, 400, "body/count"),
        ({"count": 10_001}, 400, "body/count"),
        ({"count": 2, "id": UNKNOWN_ID}, 400, "body/id"),
        ({"id": "7"}, 400, "body/id"),
        ({"config": {}}, 400, "body/config"),
        ({"retry_count": 2**63}, 400, "body/retry_count"),
        ({"server": "server-09"}, 404, "there is no server server-09; there are server-01"),
        ({"request_id": UNKNOWN_ID}, 404, "there is no request"),
        ({"account_id": UNKNOWN_ID}, 404, "there is no account"),
        ({"request_name": "New", "account_id": UNKNOWN_ID}, 404, "there is no account"),
        ({"email": "new@mail.example", "request_id": UNKNOWN_ID}, 404, "there is no request"),
        ({"count": 5, "request_name": "New", "server": "server-09"}, 404, "there is no server"),
    ],
)
def test_a_task_with_a_mistake_is_refused_and_nothing_changes(
    call_world: Control, add_task: AddTask, body: dict[str, Any], status: int, message: str
) -> None:
    add_task()
    before = {**call_world("GET", "").json(), "time": None}
    assert_refused(call_world("POST", "/tasks", body), status, message)
    assert {**call_world("GET", "").json(), "time": None} == before


def test_the_id_of_an_existing_task_is_refused(call_world: Control, add_task: AddTask) -> None:
    assert_refused(call_world("POST", "/tasks", {"id": add_task().id}), 400, "there is already a task")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("?server=server-01", 3),
        ("?server=server-02", 1),
        ("?server=nobody", 0),
        ("?status=failed", 1),
        ("?status=failed,pending", 4),
        ("?status=failed&server=server-02", 0),
    ],
)
def test_tasks_are_filtered_by_server_and_status(
    call_world: Control, add_task: AddTask, query: str, count: int
) -> None:
    for fields in ({}, {}, {"status": "failed"}, {"server": "server-02"}):
        add_task(**fields)
    assert len(call_world("GET", f"/tasks{query}").json()["tasks"]) == count


def test_an_unknown_status_is_refused(call_world: Control) -> None:
    assert_refused(call_world("GET", "/tasks?status=nonsense"), 400, "query/status")


def test_a_changed_task_has_the_new_values(call_world: Control, add_task: AddTask) -> None:
    fields = {"status": "completed", "link_post": "https://a.example", "note": "a", "is_indexed": True}
    changed = call_world("PATCH", f"/tasks/{add_task().id}", fields).json()
    assert fields.items() <= changed.items()
    assert changed["completed_at"] == START_TIME
    assert call_world("GET", "/tasks").json()["tasks"] == [changed]


def test_a_task_can_be_given_to_another_server(call_world: Control, call: Call, add_task: AddTask) -> None:
    task = add_task()
    assert call_world("PATCH", f"/tasks/{task.id}", {"server": "server-02"}).json()["server"] == "server-02"
    assert call("GET", "/tasks").json()["data"] == []
    assert call("PUT", f"/tasks/{task.id}", json={"status": "running"}).status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"note": "a", "server": "server-09"}, 404, "there is no server"),
        ({"note": "a", "status": "done"}, 400, "body/status"),
        ({"note": "a", "lnk_post": "a"}, 400, 'did you mean "link_post"?'),
        ({"note": "a", "created_at": START_TIME}, 400, "created_at"),
        ({"note": "a", "link_post": None}, 400, "body/link_post"),
    ],
)
def test_a_refused_change_of_a_task_changes_nothing(
    call_world: Control, add_task: AddTask, body: dict[str, Any], status: int, message: str
) -> None:
    task = add_task()
    before = task.as_json()
    assert_refused(call_world("PATCH", f"/tasks/{task.id}", body), status, message)
    assert task.as_json() == before


def test_an_unknown_task_is_404(call_world: Control) -> None:
    assert_refused(call_world("PATCH", f"/tasks/{UNKNOWN_ID}", {}), 404, "there is no task")
    assert_refused(call_world("PATCH", "/tasks/7", {}), 400, "path/id")


# Servers


def test_the_status_of_a_server_decides_whether_its_key_works(call_world: Control, call: Call) -> None:
    for status, answer in (("offline", 401), ("active", 200), ("offline", 401), ("online", 200)):
        assert call_world("PATCH", "/servers/server-01", {"status": status}).json()["status"] == status
        assert call("GET", "/tasks").status_code == answer


def test_a_revoked_key_works_again_when_it_is_restored(call_world: Control, call: Call) -> None:
    for revoked, answer in ((True, 401), (False, 200)):
        assert call_world("PATCH", "/servers/server-01", {"revoked": revoked}).json()["revoked"] is revoked
        assert call("GET", "/tasks").status_code == answer


def test_a_new_key_replaces_the_old_one(call_world: Control, call: Call, key: str) -> None:
    changed = call_world("PATCH", "/servers/server-01", {"api_key": "new-key"}).json()
    assert (changed["api_key"], changed["keys"]) == ("new-key", ["new-key"])
    assert call("GET", "/tasks").status_code == 401
    assert call("GET", "/tasks", key="new-key").status_code == 200
    call_world("PATCH", "/servers/server-01", {"api_key": key})
    assert call("GET", "/tasks").status_code == 200


def test_servers_have_their_last_heartbeat(call_world: Control, call: Call) -> None:
    call("POST", "/health", json={"ip": "::1", "active_tasks": 3})
    first, second, _ = call_world("GET", "/servers").json()["servers"]
    assert (first["heartbeat"], first["heartbeat_at"]) == ({"ip": "::1", "active_tasks": 3}, START_TIME)
    assert (second["heartbeat"], second["heartbeat_at"]) == (None, None)


def test_the_key_of_another_server_of_the_world_is_409(call_world: Control, world: World) -> None:
    taken = world.servers["server-02"].keys[0]
    body = {"api_key": taken, "status": "offline"}
    assert_refused(call_world("PATCH", "/servers/server-01", body), 409, "the API key belongs to server-02")
    assert (world.servers["server-01"].status, world.servers["server-02"].keys) == ("online", [taken])


def test_the_key_of_another_world_is_409(call_world: Control, control: Control, world: World) -> None:
    taken = control("POST", "/worlds", {}).json()["servers"][0]["api_key"]
    body = {"api_key": taken, "revoked": True}
    assert_refused(call_world("PATCH", "/servers/server-01", body), 409, "belongs to another world")
    assert (world.servers["server-01"].revoked, taken in world.key_ring.all_keys()) == (False, False)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"status": "onlin"}, "there are online, active, offline"),
        ({"statsu": "online"}, 'did you mean "status"?'),
        ({"api_key": ""}, "body/api_key"),
        ({"api_key": "a b"}, "body/api_key"),
        ({"api_key": "a\r\nb"}, "body/api_key"),
        ({"api_key": "a" * 201}, "body/api_key"),
        ({"api_key": "sch\u00f6n"}, "body/api_key"),
        ({"api_key": "good", "status": "onlin"}, "body/status"),
        ({"revoked": "no"}, "body/revoked"),
    ],
)
def test_a_refused_change_of_a_server_changes_nothing(
    call_world: Control, world: World, key: str, body: dict[str, Any], message: str
) -> None:
    before = world.servers["server-01"].as_json()
    assert_refused(call_world("PATCH", "/servers/server-01", body), 400, message)
    assert world.servers["server-01"].as_json() == before
    assert "good" not in world.key_ring.all_keys()


def test_an_unknown_server_is_404_and_the_answer_names_the_existing_servers(call_world: Control) -> None:
    assert_refused(
        call_world("PATCH", "/servers/server-09", {}), 404, "there are server-01, server-02, server-03"
    )


# Requests, accounts and logs


def test_customers_requests_have_their_created_links(
    call_world: Control, call: Call, add_task: AddTask
) -> None:
    task = add_task()
    call("POST", "/callback/link/complete", json={"link_id": task.id})
    call("POST", "/callback/request/status", json={"request_id": task.request.id, "status": "completed"})
    answer = {
        request["id"]: (request["status"], request["created_links"])
        for request in call_world("GET", "/requests").json()["requests"]
    }
    assert answer.pop(task.request.id) == ("completed", 1)
    assert set(answer.values()) == {("running", 0)}


def test_accounts_have_their_status(call_world: Control, call: Call, add_task: AddTask) -> None:
    task = add_task()
    call("POST", "/callback/account/status", json={"account_id": task.account.id, "status": "banned"})
    answer = {
        account["id"]: account["status"] for account in call_world("GET", "/accounts").json()["accounts"]
    }
    assert answer.pop(task.account.id) == "banned"
    assert set(answer.values()) == {"active"}


def test_logs_are_in_the_order_of_their_arrival(call_world: Control, call: Call) -> None:
    call("POST", "/logs", json={"logs": [{"level": "INFO", "message": "a", "extra": 1}]})
    call(
        "POST",
        "/logs",
        json={"logs": [{"level": "WARN", "message": "b"}, {"level": "DEBUG", "message": "c"}]},
    )
    assert call_world("GET", "/logs").json()["logs"] == [
        {"server": "server-01", "at": START_TIME, "level": "INFO", "message": "a", "extra": 1},
        {"server": "server-01", "at": START_TIME, "level": "WARN", "message": "b"},
        {"server": "server-01", "at": START_TIME, "level": "DEBUG", "message": "c"},
    ]


# The journal


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 2, 3, 4]),
        ("?operation=listTasks", [1, 4]),
        ("?status=404", [3]),
        ("?after=2", [3, 4]),
        ("?after=4", []),
        ("?operation=listTasks&status=200&after=1", [4]),
        ("?operation=nothing", []),
    ],
)
def test_the_journal_is_filtered_by_operation_status_and_number(
    call_world: Control, call: Call, query: str, numbers: list[int]
) -> None:
    for method, path in (("GET", "/tasks"), ("POST", "/health"), ("GET", "/nothing"), ("GET", "/tasks")):
        call(method, path, json={})
    answer = call_world("GET", f"/journal{query}").json()
    assert ([exchange["number"] for exchange in answer["exchanges"]], answer["dropped"]) == (numbers, 0)


@pytest.mark.parametrize("query", ["status=ok", "status=99", "after=-1", "after=x", "after=1&after=2"])
def test_a_wrong_parameter_of_the_journal_is_400(call_world: Control, query: str) -> None:
    assert_refused(call_world("GET", f"/journal?{query}"), 400, "query")


def test_the_journal_has_the_number_of_dropped_exchanges(
    call_world: Control, call: Call, world: World
) -> None:
    world.journal.count = CAPACITY + 5
    call("GET", "/tasks")
    answer = call_world("GET", "/journal").json()
    assert [exchange["number"] for exchange in answer["exchanges"]] == [CAPACITY + 6]
    assert answer["dropped"] == CAPACITY + 5


def test_the_journal_contains_no_secrets(
    call_world: Control, call: Call, world: World, key: str, add_task: AddTask
) -> None:
    task = add_task(password="pa\u00df w\u00f6rt/1", email="person+tag@mail.example")
    secrets = [key, "nobody's-key", "typed-password", "pa\u00df", "%C3%9F", "person+tag", "person%2Btag"]
    call("GET", "/tasks")
    call("GET", f"/tasks?service_type={key}&status=nonsense")
    call("GET", "/tasks", key="nobody's-key")
    call(
        "GET",
        f"/{key}/person%2Btag%40mail.example",
        headers={"Cookie": "a", "Authorization": f"Bearer {key}"},
    )
    call(
        "POST",
        "/health",
        json={"password": "typed-password", "server_name": f"{task.account.password} {key}"},
    )
    call("POST", "/logs", json={"logs": [{"level": "INFO", "message": f"{key} {task.account.email}"}]})
    call("PUT", f"/tasks/{task.id}", data=f'{{"note": "{task.account.password}", '.encode())
    answer = call_world("GET", "/journal")
    assert len(answer.json()["exchanges"]) == 7
    assert [secret for secret in secrets if secret in answer.content.decode()] == []


def test_the_same_secret_has_the_same_mask(call_world: Control, call: Call, key: str) -> None:
    for used in (key, key, "nobody's-key"):
        call("GET", "/tasks", key=used)
    masks = [
        dict(exchange["request"]["headers"])["x-api-key"]
        for exchange in call_world("GET", "/journal").json()["exchanges"]
    ]
    assert masks[0] == masks[1] != masks[2]
    assert masks[0].startswith("<key ")


def test_the_journal_has_the_reason_of_a_refusal(call_world: Control, call: Call) -> None:
    call("GET", "/tasks?limit=0")
    (answer,) = call_world("GET", "/journal").json()["exchanges"]
    assert (answer["status"], answer["operation"], answer["server"]) == (400, "listTasks", "server-01")
    assert "query/limit" in answer["why"]
    assert answer["answer"]["body"] == {"success": False, "error": "bad_request"}
    assert (answer["request"]["body"], answer["query"]) == (None, "limit=0")


# The verdict


def test_the_verdict_uses_the_rules_of_the_scenario(control: Control) -> None:
    new_world = control("POST", "/worlds", {"scenario": "key-revoked", "seed": 1}).json()["world"]
    answer = control("GET", f"/worlds/{new_world}/verdict").json()
    assert (answer["scenario"], answer["verdict"]) == ("key-revoked", "fail")
    assert [broken["rule"] for broken in answer["broken"]] == ["tasks-ended"]
    not_judged = {rule["rule"]: rule["why"] for rule in answer["not_judged"]}
    assert not_judged["log-levels"] == "the worker sent no logs"
    assert "tasks-ended" not in not_judged
    assert control("DELETE", f"/worlds/{new_world}").status_code == 200


def test_a_world_without_a_scenario_has_no_verdict(call_world: Control) -> None:
    assert_refused(call_world("GET", "/verdict"), 404, "no scenario")


SCENARIO: dict[str, Any] = {
    "title": "A story",
    "about": "What happens.",
    "world": {"servers": ["alone"], "dialect": {"last-cursor": None}},
    "when": [{"call": 2, "do": [{"respond": {"status": 418}}]}],
}


def test_a_call_can_contain_a_scenario(control: Control, call: Call) -> None:
    answer = control("POST", "/worlds", {"scenario": SCENARIO})
    assert answer.status_code == 201
    (server,) = answer.json()["servers"]
    assert [call("GET", "/tasks", key=server["api_key"]).status_code for _ in range(3)] == [200, 418, 200]


def test_the_error_of_a_scenario_names_the_mistake(control: Control, mock: WorldServer) -> None:
    before = mock.run_in_server_thread(mock.worlds.names)
    answer = control("POST", "/worlds", {"scenario": {**SCENARIO, "whem": []}})
    assert answer.status_code == 400
    assert 'unknown key "whem" (did you mean "when"?)' in answer.json()["message"]
    assert mock.run_in_server_thread(mock.worlds.names) == before


def test_a_scenario_that_closes_the_port_is_refused(
    control: Control, world: World, mock: WorldServer
) -> None:
    before = mock.run_in_server_thread(mock.worlds.names)
    answer = control("POST", "/worlds", {"scenario": "port-closed"})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(
        "body/scenario: the scenario port-closed: the fault down closes"
    )
    assert mock.run_in_server_thread(mock.worlds.names) == before
    fault = control("POST", f"/worlds/{world.name}/faults", {"fault": "down"})
    assert (fault.status_code, fault.json()["message"][:28]) == (400, "body/fault: the fault down c")


def test_a_world_without_the_servers_of_its_scenario_is_refused(control: Control) -> None:
    answer = control("POST", "/worlds", {"scenario": SCENARIO, "world": {"servers": ["other"]}})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("body/world: the world has no alone among its servers")


def test_a_count_may_have_a_decimal_point(control: Control, world: World) -> None:
    answer = control("POST", f"/worlds/{world.name}/tasks", {"count": 2.0, "retry_count": 1.0})
    assert (answer.status_code, len(answer.json()["tasks"])) == (201, 2)


# What the inspector asks for


def test_each_listed_scenario_can_be_taken(control: Control, world: World) -> None:
    scenarios = control("GET", "/scenarios").json()["scenarios"]
    names = [scenario["name"] for scenario in scenarios]
    assert "key-revoked" in names
    for name in set(library.names()) - set(names):
        assert control("POST", "/worlds", {"scenario": name}).status_code == 400
    assert control("POST", "/worlds", {"scenario": names[-1]}).status_code == 201


def test_each_kind_of_fault_has_a_schema(control: Control, world: World) -> None:
    found = control("GET", "/fault-kinds").json()
    assert set(found["kinds"]) == set(FAULTS)
    status = found["kinds"]["status"]["properties"]["status"]["$ref"].rpartition("/")[2]
    assert 503 in found["definitions"][status]["enum"]


def test_the_state_of_a_scenario_follows_what_happens(
    control: Control, mock: WorldServer, world: World
) -> None:
    made = control("POST", "/worlds", {"scenario": "key-revoked", "seed": 3}).json()
    path = f"/worlds/{made['world']}"
    key = {"X-API-Key": made["servers"][0]["api_key"]}
    before = control("GET", f"{path}/scenario").json()
    assert all(happening["happened_at"] is None for happening in before["happenings"])
    assert {rule["state"] for rule in before["rules"]} == {"open", "kept", "not judged"}
    for _ in range(20):
        requests.get(f"{mock.base_url}/tasks?limit=0", headers=key, timeout=120)
    after = control("GET", f"{path}/scenario").json()
    assert after["happenings"][0]["happened_at"] is not None
    state = {rule["rule"]: rule for rule in after["rules"]}["documented-requests"]
    assert state["state"] == "broken"
    assert state["exchanges"]
    assert not after["is_over"]


def test_a_world_without_a_scenario_has_no_state_of_one(control: Control, world: World) -> None:
    assert control("GET", f"/worlds/{world.name}/scenario").status_code == 404


def test_the_exchanges_are_given_as_a_capsule(
    control: Control, call: Callable[..., requests.Response], key: str, world: World
) -> None:
    call("GET", "/tasks")
    capsule = control("GET", f"/worlds/{world.name}/capsule").json()
    assert key not in capsule["text"]
    (recorded,) = parse_capsule(capsule["text"], name=capsule["file"]).recorded
    assert recorded.exchange.path == "/api/v1/worker/tasks"
