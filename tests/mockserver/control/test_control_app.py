"""Tests the application of the control plane: paths, methods, bodies, and the form of the answers."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workerkit.mockserver.control.control_app import control_app
from workerkit.mockserver.control.control_calls import CONTROL_CALLS, CONTROL_STREAMS
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.spec.api import Api, control_api
from workerkit.openapi.spec.document import Document

Control = Callable[..., requests.Response]
Raw = Callable[..., bytes]
Send = Callable[..., requests.Response]

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
MAX_BYTES = 8 * 2**20
JSON_HEADERS = {"Content-Type": "application/json"}


@pytest.fixture
def send(mock: WorldServer, http: requests.Session) -> Send:
    """Sends a request with any path and method to the control plane."""

    def send_request(method: str, path: str, **more: Any) -> requests.Response:
        return http.request(method, mock.control_url + path, timeout=120, **more)

    return send_request


def assert_error(response: requests.Response, status: int, code: str, message: str) -> None:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    answer = response.json()
    assert (answer["success"], answer["error"]) == (False, code)
    assert message in answer["message"]


def test_every_call_of_the_spec_is_answered_as_the_spec_says(send: Send, world: World) -> None:
    for operation in control_api().operations.values():
        if operation.id in CONTROL_STREAMS:
            continue
        path = operation.path.removeprefix("/_mock").replace("{world}", world.name)
        response = send(operation.method, path.replace("{id}", UNKNOWN_ID).replace("{name}", "x"), json={})
        assert ": Not Found" not in response.json().get("message", "")
        assert operation.answer_flaw(response.status_code, response.json()) is None, operation.id


def test_a_spec_without_an_implemented_call_is_an_error() -> None:
    root = control_api().document.root
    paths = {path: item for path, item in root["paths"].items() if path != "/health"}
    with pytest.raises(ValueError, match="getHealth"):
        control_app(Api(Document({**root, "paths": paths})), Worlds(), "/api/v1/worker")
    assert "getHealth" in CONTROL_CALLS


@pytest.mark.parametrize(
    "path",
    ["", "/", "/nothing", "/health/", "/worlds/", "/worlds/x/tasks/", "/worlds/x/y", "/HEALTH", "//health"],
)
def test_an_unknown_path_is_404_in_json(send: Send, path: str) -> None:
    assert_error(send("GET", path, allow_redirects=False), 404, "not_found", f"GET /_mock{path}")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/health", {"GET"}),
        ("OPTIONS", "/health", {"GET"}),
        ("PUT", "/worlds", {"GET", "POST"}),
        ("PUT", "/worlds/x", {"GET", "DELETE"}),
        ("DELETE", "/worlds/x/tasks", {"GET", "POST"}),
        ("GET", "/worlds/x/reset", {"POST"}),
        ("GET", "/worlds/x/servers/server-01", {"PATCH"}),
    ],
)
def test_a_wrong_method_is_405_in_json(send: Send, method: str, path: str, allowed: set[str]) -> None:
    response = send(method, path)
    assert_error(response, 405, "method_not_allowed", f"{method} /_mock{path}")
    assert set(response.headers["Allow"].split(", ")) == allowed


def test_head_is_a_wrong_method(send: Send) -> None:
    response = send("HEAD", "/health")
    assert (response.status_code, response.content) == (405, b"")


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application"],
)
def test_a_body_with_a_content_type_of_html_forms_is_400(
    send: Send, mock: WorldServer, content_type: str | None
) -> None:
    before = mock.worlds.names()
    headers = {"Content-Type": content_type} if content_type else {}
    response = send("POST", "/worlds", data=b"{}", headers=headers)
    assert_error(response, 400, "bad_request", "application/json")
    assert mock.worlds.names() == before


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_every_spelling_of_the_json_content_type_is_accepted(
    send: Send, world: World, content_type: str
) -> None:
    headers = {"Content-Type": content_type}
    response = send("POST", f"/worlds/{world.name}/clock", data=b'{"advance": "1s"}', headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"NaN", b"\xff", b'{"seed": 1e999}', b"[" * 100_000, b'{"scenario": "\\ud800"}']
)
def test_malformed_json_is_400(send: Send, body: bytes) -> None:
    assert_error(send("POST", "/worlds", data=body, headers=JSON_HEADERS), 400, "bad_request", "is not JSON")


def test_a_body_of_more_than_8_mib_is_400(send: Send) -> None:
    response = send("POST", "/worlds", data=b" " * (MAX_BYTES + 1), headers=JSON_HEADERS)
    assert_error(response, 400, "bad_request", f"more than {MAX_BYTES} bytes")


def test_a_request_with_an_incomplete_body_changes_nothing(
    raw: Raw, mock: WorldServer, caplog: pytest.LogCaptureFixture
) -> None:
    before = mock.worlds.names()
    head = "POST /_mock/worlds HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert raw(f"{head}Content-Length: 20\r\n\r\n{{}}".encode(), leave=True) == b""
    assert mock.worlds.names() == before
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_calls_of_the_control_plane_are_not_in_the_journal(control: Control, world: World) -> None:
    control("GET", "/health")
    control("GET", f"/worlds/{world.name}")
    control("GET", "/worlds/nowhere/tasks")
    assert len(world.journal) == 0


# Random calls

VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from([UNKNOWN_ID, "pending", "server-01", "server-02", "online", "1h", "key-revoked"])
    | st.datetimes(timezones=st.just(UTC)).map(lambda time: time.isoformat())
)
FIELD_NAMES = [
    "server",
    "status",
    "count",
    "id",
    "api_key",
    "revoked",
    "note",
    "is_indexed",
    "details",
    "request_id",
    "account_id",
    "email",
    "request_name",
    "auction_price",
    "retry_count",
    "advance",
    "freeze",
    "scenario",
    "seed",
    "config",
    "x",
]


def calls(world: str) -> st.SearchStrategy[tuple[str, str]]:
    excluded = {"deleteWorld", *CONTROL_STREAMS}
    operations = [
        operation for operation in control_api().operations.values() if operation.id not in excluded
    ]
    variable = re.compile(r"\{(\w+)\}")

    def with_values(operation: Any, ids: str, names: str) -> tuple[str, str]:
        values = {"world": world, "id": ids, "name": names, "number": "1"}
        return operation.method, variable.sub(lambda match: values[match[1]], operation.path)

    return st.builds(
        with_values,
        st.sampled_from(operations),
        st.sampled_from([UNKNOWN_ID, "x", "%00"]),
        st.sampled_from(["server-01", "server-03", "x", "%C3%A9"]),
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_answer_to_any_call_is_as_the_spec_says(
    send: Send, world: World, caplog: pytest.LogCaptureFixture, data: st.DataObject
) -> None:
    method, path = data.draw(calls(world.name))
    body = data.draw(st.dictionaries(st.sampled_from(FIELD_NAMES), VALUES | st.lists(VALUES), max_size=3))
    query = data.draw(st.dictionaries(st.sampled_from(["server", "status", "after", "operation"]), VALUES))
    response = send(method, path.removeprefix("/_mock"), json=body, params=json.loads(json.dumps(query)))
    operation = control_api().match(method, path).operation
    assert operation.answer_flaw(response.status_code, response.json()) is None
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
