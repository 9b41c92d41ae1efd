"""Bodies of requests: what each value of their silences changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mockserver.dialects.dialect_client import HEARTBEAT, LOG_ENTRY, DialectClient, Json, OpenClient
from tests.mockserver.dialects.examples import Examples

EXAMPLES = Examples()
example = EXAMPLES.add


def statuses_without_body(client: DialectClient) -> dict[str, int]:
    """The status of each PUT and POST if it has no body. Nothing may change."""
    task = client.add_task()
    before = client.state()
    answers = {
        "task": client.update_task(task, None),
        "bulk": client.send("PUT", "/tasks/bulk"),
        "health": client.post("/health", None),
        "logs": client.post("/logs", None),
        "update": client.post("/callback/link/update", None),
        "complete": client.post("/callback/link/complete", None),
        "request": client.post("/callback/request/status", None),
        "account": client.post("/callback/account/status", None),
    }
    for part in ("tasks", "requests", "accounts", "logs"):
        assert client.state()[part] == before[part]
    return {name: answer.status for name, answer in answers.items()}


@example("missing-body", "reject")
def _(client: DialectClient) -> None:
    assert set(statuses_without_body(client).values()) == {400}


@example("missing-body", "empty")
def _(client: DialectClient) -> None:
    statuses = statuses_without_body(client)
    assert {name for name, status in statuses.items() if status == 200} == {"task", "health"}
    assert set(statuses.values()) == {200, 400}
    assert client.update_task(client.add_task(), b" ").status == 400


NEAR_CHANGES: Json = {"note": 5, "error_message": 1.5, "link_post": True, "is_indexed": "true"}
CHANGES: Json = {"note": "5", "error_message": "1.5", "link_post": "true", "is_indexed": True}
NEAR_HEARTBEAT: Json = {"server_name": 7, "cpu_usage": "45.5", "ram_usage": True, "active_tasks": "5"}
NEAR_COUNTS: Json = {"active_threads": False, "ip": 1.0}


def statuses_of_near_types(client: DialectClient) -> set[int]:
    """The statuses of requests to all operations with values of near types."""
    task, link = client.add_task(), client.add_task()["id"]
    links = {"link_id": link, "link_profile": 5}
    answers = [
        client.update_task(task, NEAR_CHANGES),
        client.bulk_update({"link_id": link, "is_indexed": 0, "note": 5}),
        client.post("/health", {**NEAR_HEARTBEAT, **NEAR_COUNTS}),
        client.send_logs({"level": "INFO", "message": 7}),
        client.post("/callback/link/update", links),
        client.post("/callback/link/complete", links),
        client.post("/callback/request/status", {"request_id": task["request_id"], "status": 5}),
        client.post("/callback/account/status", {"account_id": task["account_id"], "status": True}),
    ]
    return {answer.status for answer in answers}


NO_TEXTS: list[Any] = [{}, [], [5], None]
NO_BOOLEANS: list[Any] = ["yes", "", 2, [], {}, None]
NO_NUMBERS: list[Any] = ["ten", "", "5x", [], {"a": 5}, None, "1e999"]
NO_OBJECTS: list[Any] = ["text", 5, [], [{}], True, b"null"]
FAR_CHANGES: list[Json] = [
    *({"note": value} for value in NO_TEXTS),
    *({"is_indexed": value} for value in NO_BOOLEANS),
    {"status": 5},
    {"status": "Running"},
]
FAR_HEARTBEATS: list[Json] = [{name: value} for name in ("cpu_usage", "active_tasks") for value in NO_NUMBERS]


def assert_far_types_are_refused(client: DialectClient) -> None:
    task = client.add_task()
    for change in FAR_CHANGES:
        assert client.update_task(task, change).status == 400
        assert client.bulk_update({"link_id": task["id"], **change}).status == 400
    for heartbeat in FAR_HEARTBEATS:
        assert client.post("/health", heartbeat).status == 400
    assert client.post("/health", {"active_tasks": "5.5"}).status == 400
    for body in NO_OBJECTS:
        assert client.update_task(task, body).status == client.post("/logs", body).status == 400
    assert client.send("PUT", "/tasks/bulk", {"items": "text"}).status == 400
    assert client.send_logs({"level": 5, "message": "x"}).status == 400
    assert client.current_task(task) == task


@example("loose-types", "reject")
def _(client: DialectClient) -> None:
    assert statuses_of_near_types(client) == {400}
    assert_far_types_are_refused(client)


@example("loose-types", "convert")
def _(client: DialectClient) -> None:
    assert statuses_of_near_types(client) == {200}
    assert_far_types_are_refused(client)
    task, (heartbeat, *_) = client.add_task(), [server["heartbeat"] for server in client.state()["servers"]]
    client.update_task(task, NEAR_CHANGES)
    assert client.current_task(task) == {**task, **CHANGES}
    converted = {"server_name": "7", "cpu_usage": 45.5, "ram_usage": 1, "active_tasks": 5}
    assert heartbeat == {**converted, "active_threads": 0, "ip": "1.0"}
    assert not isinstance(heartbeat["active_threads"], bool)
    assert client.state()["logs"][-1]["message"] == "7"
    assert {request["status"] for request in client.state()["requests"]} >= {"5"}


NO_URLS = ("0", "", "example.com", "//example.com/a", "ftp://example.com", "https://", "https:// x")
MORE_NO_URLS = ("http://a b", "https://a\n", " https://a", "https://a/\u00a0b", "javascript:alert(1)")
URLS = ("https://...", "http://a", "https://example.com/post/456?x=1#y", "https://bücher.example/\u0111")


def statuses_of_links(client: DialectClient, link: str) -> set[int]:
    """The statuses of all requests that may have links."""
    task = client.add_task()["id"]
    profile, post = {"link_profile": link}, {"link_post": link}
    answers = [
        client.update_task(task, profile),
        client.update_task(task, post),
        client.bulk_update({"link_id": task, **profile}, {"link_id": task, **post}),
        client.post("/callback/link/update", {"link_id": task, **post}),
        client.post("/callback/link/complete", {"link_id": task, **profile}),
    ]
    return {answer.status for answer in answers}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("PUT /tasks/bulk", {"link_profile": "https://a", "link_post": "0"}),
        ("PUT /tasks/bulk", {"link_profile": "0", "link_post": "https://a"}),
        ("POST /callback/link/update", {"link_profile": "0"}),
        ("POST /callback/link/complete", {"link_post": "0"}),
    ],
)
def test_each_link_of_a_request_must_be_a_url(open_client: OpenClient, path: str, body: Json) -> None:
    with open_client({"link-format": "url"}) as client:
        item = {"link_id": client.add_task()["id"], **body}
        method, path = path.split()
        assert client.send(method, path, {"items": [item]} if "bulk" in path else item).status == 400


@example("link-format", "any")
def _(client: DialectClient) -> None:
    for link in (*NO_URLS, *MORE_NO_URLS, *URLS):
        assert statuses_of_links(client, link) == {200}


@example("link-format", "url")
def _(client: DialectClient) -> None:
    for link in (*NO_URLS, *MORE_NO_URLS):
        assert statuses_of_links(client, link) == {400}, link
    for link in URLS:
        assert statuses_of_links(client, link) == {200}, link
    (listed, *_) = client.list_tasks("status=completed").body["data"]
    task = client.add_task(link_profile="")
    assert listed["link_post"] == URLS[0]
    assert client.current_task(task)["link_profile"] == "", "only requests are checked"


@pytest.mark.parametrize(
    ("choices", "status"),
    [
        ({}, 400),
        ({"missing-body": "empty"}, 200),
        ({"missing-body": "empty", "empty-change": "accept"}, 200),
        ({"missing-body": "empty", "empty-change": "reject"}, 400),
    ],
)
def test_an_ignored_body_is_a_missing_body(
    open_client: OpenClient, choices: dict[str, str], status: int
) -> None:
    with open_client({"content-type": "ignored", **choices}) as client:
        task = client.add_task()
        ignored = client.update_task(task, {"note": "lost", "status": "running"}, content_type="text/plain")
        assert ignored == client.update_task(task, None)
        assert ignored.status == status
        assert client.current_task(task) == task
        assert client.update_task(task, {"note": "kept"}).status == 200
        assert client.current_task(task)["note"] == "kept"


def test_the_reason_names_the_content_type_of_an_ignored_body(open_client: OpenClient) -> None:
    with open_client({"content-type": "ignored", "error-body": "code-and-message"}) as client:
        missing = client.post("/logs", None).body["message"]
        ignored = client.post("/logs", {"logs": [LOG_ENTRY]}, content_type="text/plain").body["message"]
        assert ignored == f"{missing} (the body was ignored, because its content type is text/plain)"


@pytest.mark.parametrize(("first_check", "status"), [("owner", 403), ("json", 400), ("body", 400)])
def test_the_owner_of_a_task_is_checked_before_an_ignored_body_is_refused(
    open_client: OpenClient, first_check: str, status: int
) -> None:
    with open_client({"content-type": "ignored", "first-check": first_check}) as client:
        foreign = client.add_foreign_task()
        body = {"link_id": foreign["id"], "note": "x"}
        assert client.update_task(foreign, body, content_type="text/plain").status == status
        assert client.post("/callback/link/update", body, content_type="text/plain").status == 400


@pytest.mark.parametrize("policy", ["any", "bad-request", "unsupported", "ignored"])
def test_a_missing_body_has_no_content_type(open_client: OpenClient, policy: str) -> None:
    with open_client({"content-type": policy}) as client:
        assert client.post("/health", None).status == 400
    with open_client({"content-type": policy, "missing-body": "empty"}) as client:
        assert client.post("/health", None).status == 200


@pytest.mark.parametrize(
    ("spelling", "value", "status"),
    [
        ("digits", "3", 200),
        ("digits", "3.0", 400),
        ("digits", 3.0, 400),
        ("digits", True, 200),
        ("any", "3.0", 200),
        ("any", "3.5", 400),
    ],
)
def test_a_converted_integer_is_spelled_like_any_other(
    open_client: OpenClient, spelling: str, value: Any, status: int
) -> None:
    with open_client({"loose-types": "convert", "integer-spelling": spelling}) as client:
        assert client.post("/health", {**HEARTBEAT, "active_tasks": value}).status == status


def test_single_members_of_a_batch_are_converted(open_client: OpenClient) -> None:
    choices = {"loose-types": "convert", "bulk-bad-item": "item", "logs-bad-entry": "skip"}
    with open_client({**choices, "malformed-id": "not-found"}) as client:
        task, other = client.add_task(), client.add_task()
        near = {"link_id": task["id"], "note": 5, "is_indexed": 1}
        answer = client.bulk_update(near, {"link_id": other["id"], "note": []}, {"link_id": 5, "note": "x"})
        results = answer.body["results"]
        assert [result["success"] for result in results] == [True, False, False]
        assert [result.get("error") for result in results] == [None, "bad_request", "not_found"]
        assert client.current_task(task) == {**task, "note": "5", "is_indexed": True}
        assert client.send_logs({"level": "info", "message": 1}, {"level": "WARN", "message": 2}).body == {
            "success": True,
            "created": 1,
        }


def test_null_is_refused_or_ignored_but_never_converted(open_client: OpenClient) -> None:
    for null_field, status in (("reject", 400), ("ignore", 200)):
        with open_client({"loose-types": "convert", "null-field": null_field}) as client:
            task = client.add_task(note="kept")
            assert client.update_task(task, {"note": None}).status == status
            assert client.current_task(task) == task
