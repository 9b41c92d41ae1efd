"""Silences of several operations: what each of their values changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.mockserver.dialects.dialect_client import (
    HEARTBEAT,
    LOG_ENTRY,
    MALFORMED,
    SECONDS,
    UNKNOWN,
    DialectClient,
    Json,
    JsonAnswer,
    OpenClient,
)
from tests.mockserver.dialects.examples import Examples
from workerkit.openapi.spec.silence import silences

EXAMPLES = Examples()
example = EXAMPLES.add


def statuses_with_nulls(client: DialectClient) -> set[int]:
    """The statuses of requests with null fields. The fields of the task must not change."""
    task = client.add_task(note="kept", link_profile="https://kept.example")
    link = task["id"]
    answers = [
        client.update_task(task, {"note": None}),
        client.update_task(task, {"status": None, "is_indexed": None}),
        client.bulk_update({"link_id": link, "link_profile": None}),
        client.post("/callback/link/update", {"link_id": link, "link_profile": None}),
        client.post("/callback/link/complete", {"link_id": client.add_task()["id"], "link_post": None}),
        client.post("/health", {**HEARTBEAT, "server_name": None, "cpu_usage": None}),
    ]
    assert client.current_task(task) == task
    return {answer.status for answer in answers}


@example("null-field", "reject")
def _(client: DialectClient) -> None:
    assert statuses_with_nulls(client) == {400}


@example("null-field", "ignore")
def _(client: DialectClient) -> None:
    assert statuses_with_nulls(client) == {200}
    assert client.update_task(client.add_task(), {"note": None, "status": "queued"}).status == 200
    assert client.post("/callback/link/update", {"link_id": None}).status == 400


def statuses_with_unknown_field(client: DialectClient) -> set[int]:
    """The statuses of requests to all operations, with a field that the API page does not describe."""
    task = client.add_task(note="before")
    link = {"link_id": task["id"]}
    more = {"colour": "red"}
    answers = [
        client.update_task(task, {"note": "x", **more}),
        client.send("PUT", "/tasks/bulk", {"items": [link], **more}),
        client.bulk_update({**link, **more}),
        client.post("/health", {**HEARTBEAT, **more}),
        client.post("/logs", {"logs": [LOG_ENTRY], **more}),
        client.send_logs({**LOG_ENTRY, **more}),
        client.post("/callback/link/update", {**link, **more}),
        client.post("/callback/link/complete", {**link, **more}),
        client.post(
            "/callback/request/status", {"request_id": task["request_id"], "status": "running", **more}
        ),
        client.post(
            "/callback/account/status", {"account_id": task["account_id"], "status": "active", **more}
        ),
    ]
    return {answer.status for answer in answers}


@example("unknown-field", "ignore")
def _(client: DialectClient) -> None:
    assert statuses_with_unknown_field(client) == {200}


@example("unknown-field", "reject")
def _(client: DialectClient) -> None:
    before = client.state()
    assert statuses_with_unknown_field(client) == {400}
    assert {**client.state(), "tasks": []} == {**before, "tasks": []}


def statuses_of_empty_changes(client: DialectClient) -> set[int]:
    task = client.add_task(status="failed")
    link = {"link_id": task["id"]}
    answers = [
        client.update_task(task, {}),
        client.bulk_update(link),
        client.post("/callback/link/update", link),
    ]
    assert client.current_task(task) == task
    return {answer.status for answer in answers}


@example("empty-change", "accept")
def _(client: DialectClient) -> None:
    assert statuses_of_empty_changes(client) == {200}


@example("empty-change", "reject")
def _(client: DialectClient) -> None:
    assert statuses_of_empty_changes(client) == {400}


def statuses_with_malformed_id(client: DialectClient) -> set[int]:
    """The statuses of requests to all operations with an id, if the id is not a UUID."""
    link = {"link_id": MALFORMED}
    answers = [
        client.update_task(MALFORMED, {"status": "running"}),
        client.post("/callback/link/update", {**link, "status": "running"}),
        client.post("/callback/link/complete", link),
        client.post("/callback/request/status", {"request_id": MALFORMED, "status": "running"}),
        client.post("/callback/account/status", {"account_id": MALFORMED, "status": "active"}),
    ]
    return {answer.status for answer in answers}


@example("malformed-id", "reject")
def _(client: DialectClient) -> None:
    assert statuses_with_malformed_id(client) == {400}
    assert client.list_tasks(f"after={MALFORMED}").status == 400
    assert client.bulk_update({"link_id": client.add_task()["id"]}, {"link_id": MALFORMED}).status == 400


@example("malformed-id", "not-found")
def _(client: DialectClient) -> None:
    assert statuses_with_malformed_id(client) == {404}
    client.add_task()
    assert client.list_tasks(f"after={MALFORMED}") == client.list_tasks(f"after={UNKNOWN}")
    batch = client.bulk_update({"link_id": MALFORMED, "status": "running"})
    assert batch.body["results"] == [{"link_id": MALFORMED, "success": False, "error": "not_found"}]
    assert client.update_task(UNKNOWN, {"note": "x"}).status == 404


def statuses_of_invalid_bodies(client: DialectClient) -> set[int]:
    """The statuses of requests with invalid bodies for entities of another server."""
    foreign = client.add_foreign_task()
    link, invalid = {"link_id": foreign["id"]}, {"status": "nonsense"}
    answers = [
        client.update_task(foreign, invalid),
        client.update_task(foreign, b"{"),
        client.post("/callback/link/update", {**link, **invalid}),
        client.post("/callback/link/complete", {**link, "link_post": 5}),
        client.post("/callback/request/status", {"request_id": foreign["request_id"], "status": 5}),
        client.post("/callback/account/status", {"account_id": foreign["account_id"]}),
    ]
    assert client.update_task(foreign, {"status": "running"}).status == 403
    return {answer.status for answer in answers}


@example("first-check", "owner")
def _(client: DialectClient) -> None:
    assert statuses_of_invalid_bodies(client) == {403}


@example("first-check", "body")
def _(client: DialectClient) -> None:
    assert statuses_of_invalid_bodies(client) == {400}


@example("first-check", "json")
def _(client: DialectClient) -> None:
    foreign = client.add_foreign_task()
    assert client.update_task(foreign, b"{").status == 400
    assert client.update_task(foreign, b"[]").status == 403
    assert statuses_of_invalid_bodies(client) == {400, 403}


def statuses_with_other_content_types(client: DialectClient) -> set[int]:
    """The statuses of requests with JSON bodies, if the content type is not JSON."""
    task = client.add_task()
    link = {"link_id": task["id"]}
    bodies: dict[tuple[str, str], Json] = {
        ("PUT", f"/tasks/{task['id']}"): {"note": "x"},
        ("PUT", "/tasks/bulk"): {"items": [link]},
        ("POST", "/health"): HEARTBEAT,
        ("POST", "/logs"): {"logs": [LOG_ENTRY]},
        ("POST", "/callback/link/update"): link,
        ("POST", "/callback/link/complete"): link,
        ("POST", "/callback/request/status"): {"request_id": task["request_id"], "status": "running"},
        ("POST", "/callback/account/status"): {"account_id": task["account_id"], "status": "active"},
    }
    for json_type in ("application/json; charset=utf-8", "Application/JSON", "application/problem+json"):
        assert {client.send(*at, body, content_type=json_type).status for at, body in bodies.items()} == {200}
    assert client.list_tasks(content_type="text/plain").status == 200
    other_types = ("text/plain", "application/x-www-form-urlencoded", "application/jsonish")
    return {
        client.send(*at, body, content_type=other).status
        for at, body in bodies.items()
        for other in other_types
    }


@example("content-type", "any")
def _(client: DialectClient) -> None:
    assert statuses_with_other_content_types(client) == {200}


@example("content-type", "bad-request")
def _(client: DialectClient) -> None:
    assert statuses_with_other_content_types(client) == {400}


@example("content-type", "unsupported")
def _(client: DialectClient) -> None:
    assert statuses_with_other_content_types(client) == {415}


@example("content-type", "ignored")
def _(client: DialectClient) -> None:
    assert statuses_with_other_content_types(client) == {200, 400}
    task = client.add_task()
    update = client.update_task(task, {"note": "lost"}, content_type="text/plain")
    assert update.body == {"success": True, "data": {"updated": True, "link_id": task["id"]}}
    assert client.current_task(task) == task


def error_answers(client: DialectClient) -> Iterator[tuple[str, Json]]:
    """Error answers of all statuses: the error code that is expected, and the JSON of the answer."""
    yield "bad_request", client.list_tasks("limit=x").body
    yield "unauthorized", client.list_tasks(server="server-03").body
    yield "not_your_task", client.update_task(client.add_foreign_task(), {}).body
    yield "not_found", client.update_task(UNKNOWN, {}).body
    url, headers = client.base_url, {"X-API-Key": f"server-01-key-{client.world.name}"}
    yield "method_not_allowed", client.http.delete(f"{url}/tasks", headers=headers, timeout=SECONDS).json()
    yield "not_found", client.http.get(f"{url}/nowhere", headers=headers, timeout=SECONDS).json()


@example("error-body", "code")
def _(client: DialectClient) -> None:
    for code, body in error_answers(client):
        assert body == {"success": False, "error": code}


@example("error-body", "code-and-message")
def _(client: DialectClient) -> None:
    for code, body in error_answers(client):
        assert body == {"success": False, "error": code, "message": body["message"]}
        assert len(body["message"]) > len("reason")


@example("error-body", "nested")
def _(client: DialectClient) -> None:
    for code, body in error_answers(client):
        assert body == {"success": False, "error": {"code": code, "message": body["error"]["message"]}}
        assert len(body["error"]["message"]) > len("reason")


def callback_answers(client: DialectClient) -> list[tuple[Json, Any]]:
    """Calls each callback. Returns for each call the id field of the request and the JSON of the answer."""
    task = client.add_task()
    link, request, account = task["id"], task["request_id"], task["account_id"]
    calls = [
        ("link/update", {"link_id": link}, {}),
        ("link/complete", {"link_id": link}, {}),
        ("request/status", {"request_id": request}, {"status": "running"}),
        ("account/status", {"account_id": account}, {"status": "active"}),
    ]
    return [
        (id_field, client.post(f"/callback/{path}", {**id_field, **more}).body)
        for path, id_field, more in calls
    ]


@example("callback-body", "like-update")
def _(client: DialectClient) -> None:
    for id_field, body in callback_answers(client):
        assert body == {"success": True, "data": {"updated": True, **id_field}}


@example("callback-body", "success-only")
def _(client: DialectClient) -> None:
    assert [body for _, body in callback_answers(client)] == [{"success": True}] * 4
    assert "data" in client.update_task(client.add_task(), {}).body


@example("callback-body", "updated")
def _(client: DialectClient) -> None:
    assert [body for _, body in callback_answers(client)] == [
        {"success": True, "data": {"updated": True}}
    ] * 4
    assert "link_id" in client.update_task(client.add_task(), {}).body["data"]


def times_in_answers(client: DialectClient) -> set[str]:
    """All times in answers while the clock is frozen."""
    client.freeze_clock("2025-12-01T10:00:00.25Z")
    client.update_task(client.add_task(), {"status": "running"})
    (task,) = client.list_tasks("status=running").body["data"]
    heartbeat = client.post("/health", HEARTBEAT).body["data"]
    return {task["created_at"], task["started_at"], heartbeat["server_time"]}


@example("time-precision", "seconds")
def _(client: DialectClient) -> None:
    assert times_in_answers(client) == {"2025-12-01T10:00:00Z"}


@example("time-precision", "milliseconds")
def _(client: DialectClient) -> None:
    assert times_in_answers(client) == {"2025-12-01T10:00:00.250Z"}


@example("time-precision", "microseconds")
def _(client: DialectClient) -> None:
    assert times_in_answers(client) == {"2025-12-01T10:00:00.250000Z"}


@example("time-precision", "offset")
def _(client: DialectClient) -> None:
    assert times_in_answers(client) == {"2025-12-01T17:00:00+07:00"}


def test_worlds_of_two_dialects_run_side_by_side(open_client: OpenClient) -> None:
    with (
        open_client({}) as plain,
        open_client({"error-body": "nested", "limit-above-maximum": "clamp"}) as other,
    ):
        assert plain.base_url == other.base_url
        for _ in range(2):
            assert plain.list_tasks("limit=2000") == JsonAnswer(
                400, {"success": False, "error": "bad_request"}
            )
            assert other.list_tasks("limit=2000").body["limit"] == 1000
            assert other.list_tasks("page=x").body["error"]["code"] == "bad_request"


def test_a_reset_world_keeps_its_dialect(open_client: OpenClient) -> None:
    with open_client({"last-cursor": "absent"}) as client:
        client.call_control("POST", "/reset")
        assert "next_cursor" not in client.list_tasks().body


@pytest.mark.parametrize("precision", ["microseconds", "offset"])
def test_a_restored_world_has_the_same_times(open_client: OpenClient, precision: str) -> None:
    with open_client({"time-precision": precision}) as client:
        times = times_in_answers(client)
        listed = client.list_tasks("status=running")
        assert {task["created_at"] for task in client.state()["tasks"]} == {"2025-12-01T10:00:00Z"}
        client.call_control("PUT", "/snapshot", client.call_control("GET", "/snapshot"))
        assert client.list_tasks("status=running") == listed
        assert client.post("/health", HEARTBEAT).body["data"]["server_time"] in times
        assert client.list_tasks(f"status=running&after={listed.body['data'][0]['id']}").body["data"] == []


@pytest.mark.parametrize("precision", ["microseconds", "offset"])
def test_a_time_of_an_answer_can_be_given_to_the_clock(open_client: OpenClient, precision: str) -> None:
    with open_client({"time-precision": precision}) as client:
        client.freeze_clock("2025-12-01T10:00:07Z")
        server_time = client.post("/health", HEARTBEAT).body["data"]["server_time"]
        client.freeze_clock("2026-01-01T00:00:00Z")
        client.freeze_clock(server_time)
        assert client.call_control("GET", "")["time"] == "2025-12-01T10:00:07Z"


@pytest.mark.parametrize("precision", silences()["time-precision"].values)
def test_the_last_time_of_a_clock_is_shown(open_client: OpenClient, precision: str) -> None:
    with open_client({"time-precision": precision}) as client:
        client.freeze_clock("9999-12-31T23:59:59Z")
        server_time = client.post("/health", HEARTBEAT).body["data"]["server_time"]
        assert server_time.startswith("9999-12-31T23:59:59")
