"""The control plane as an application: its paths, what it reads, and the form of its answers."""

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
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.spec.api import Api, control_api
from workerkit.openapi.spec.document import Document

Control = Callable[..., requests.Response]
Raw = Callable[..., bytes]
Ask = Callable[..., requests.Response]

UNKNOWN = "00000000-0000-4000-8000-000000000000"
MOST_BYTES = 8 * 2**20
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def ask(mock: MockServer, http: requests.Session) -> Ask:
    """A call of the control plane, of whatever path and method."""

    def send(method: str, path: str, **more: Any) -> requests.Response:
        return http.request(method, mock.control_url + path, timeout=120, **more)

    return send


def assert_error(response: requests.Response, status: int, code: str, message: str) -> None:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    answer = response.json()
    assert (answer["success"], answer["error"]) == (False, code)
    assert message in answer["message"]


def test_every_call_of_the_spec_is_answered(ask: Ask, world: World) -> None:
    for operation in control_api().operations.values():
        if operation.id in CONTROL_STREAMS:
            continue
        path = operation.path.removeprefix("/_mock").replace("{world}", world.name)
        response = ask(operation.method, path.replace("{id}", UNKNOWN).replace("{name}", "x"), json={})
        assert ": Not Found" not in response.json().get("message", "")
        assert operation.answer_flaw(response.status_code, response.json()) is None, operation.id


def test_a_spec_with_another_call_is_refused_at_the_start() -> None:
    root = control_api().document.root
    paths = {path: item for path, item in root["paths"].items() if path != "/health"}
    with pytest.raises(ValueError, match="getHealth"):
        control_app(Api(Document({**root, "paths": paths})), Worlds(), "/api/v1/worker")
    assert "getHealth" in CONTROL_CALLS


@pytest.mark.parametrize(
    "path",
    ["", "/", "/nothing", "/health/", "/worlds/", "/worlds/x/tasks/", "/worlds/x/y", "/HEALTH", "//health"],
)
def test_an_unknown_path_is_404_in_json(ask: Ask, path: str) -> None:
    assert_error(ask("GET", path, allow_redirects=False), 404, "not_found", f"GET /_mock{path}")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/health", {"GET"}),
        ("OPTIONS", "/health", {"GET"}),
        ("GET", "/worlds", {"POST"}),
        ("PUT", "/worlds/x", {"GET", "DELETE"}),
        ("DELETE", "/worlds/x/tasks", {"GET", "POST"}),
        ("GET", "/worlds/x/reset", {"POST"}),
        ("GET", "/worlds/x/servers/server-01", {"PATCH"}),
    ],
)
def test_a_wrong_method_is_405_in_json(ask: Ask, method: str, path: str, allowed: set[str]) -> None:
    response = ask(method, path)
    assert_error(response, 405, "method_not_allowed", f"{method} /_mock{path}")
    assert set(response.headers["Allow"].split(", ")) == allowed


def test_head_is_a_wrong_method(ask: Ask) -> None:
    response = ask("HEAD", "/health")
    assert (response.status_code, response.content) == (405, b"")


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application"],
)
def test_a_body_that_a_form_could_send_is_400(ask: Ask, mock: MockServer, content_type: str | None) -> None:
    before = mock.worlds.names()
    headers = {"Content-Type": content_type} if content_type else {}
    response = ask("POST", "/worlds", data=b"{}", headers=headers)
    assert_error(response, 400, "bad_request", "application/json")
    assert mock.worlds.names() == before


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_is_read_however_its_type_is_written(ask: Ask, world: World, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    response = ask("POST", f"/worlds/{world.name}/clock", data=b'{"advance": "1s"}', headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"NaN", b"\xff", b'{"seed": 1e999}', b"[" * 100_000, b'{"scenario": "\\ud800"}']
)
def test_malformed_json_is_400(ask: Ask, body: bytes) -> None:
    assert_error(ask("POST", "/worlds", data=body, headers=JSON), 400, "bad_request", "is no JSON")


def test_a_body_of_more_than_8_mib_is_400(ask: Ask) -> None:
    response = ask("POST", "/worlds", data=b" " * (MOST_BYTES + 1), headers=JSON)
    assert_error(response, 400, "bad_request", f"more than {MOST_BYTES} bytes")


def test_a_client_that_goes_away_in_mid_body_changes_nothing(
    raw: Raw, mock: MockServer, caplog: pytest.LogCaptureFixture
) -> None:
    before = mock.worlds.names()
    head = "POST /_mock/worlds HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert raw(f"{head}Content-Length: 20\r\n\r\n{{}}".encode(), leave=True) == b""
    assert mock.worlds.names() == before
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_calls_of_the_control_plane_are_no_exchanges(control: Control, world: World) -> None:
    control("GET", "/health")
    control("GET", f"/worlds/{world.name}")
    control("GET", "/worlds/nowhere/tasks")
    assert len(world.journal) == 0


# Anything at all

SOMETHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from([UNKNOWN, "pending", "server-01", "server-02", "online", "1h", "key-revoked"])
    | st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat())
)
NAMES = [
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


def a_call(world: str) -> st.SearchStrategy[tuple[str, str]]:
    left_out = {"deleteWorld", *CONTROL_STREAMS}
    operations = [each for each in control_api().operations.values() if each.id not in left_out]
    place = re.compile(r"\{(\w+)\}")

    def filled(operation: Any, ids: str, names: str) -> tuple[str, str]:
        values = {"world": world, "id": ids, "name": names}
        return operation.method, place.sub(lambda found: values[found[1]], operation.path)

    return st.builds(
        filled,
        st.sampled_from(operations),
        st.sampled_from([UNKNOWN, "x", "%00"]),
        st.sampled_from(["server-01", "server-03", "x", "%C3%A9"]),
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_asked_the_answer_is_as_the_spec_says(
    ask: Ask, world: World, caplog: pytest.LogCaptureFixture, data: st.DataObject
) -> None:
    method, path = data.draw(a_call(world.name))
    body = data.draw(st.dictionaries(st.sampled_from(NAMES), SOMETHING | st.lists(SOMETHING), max_size=3))
    query = data.draw(st.dictionaries(st.sampled_from(["server", "status", "after", "operation"]), SOMETHING))
    response = ask(method, path.removeprefix("/_mock"), json=body, params=json.loads(json.dumps(query)))
    operation = control_api().match(method, path).operation
    assert operation.answer_flaw(response.status_code, response.json()) is None
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
