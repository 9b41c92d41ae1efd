"""Tests who may use the control plane."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from workerkit.mockserver.control.access import AccessControl, UnfitTokenError, checked_token
from workerkit.mockserver.http.host_name import is_loopback
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

Control = Callable[..., requests.Response]
Call = Callable[..., requests.Response]
Raw = Callable[..., bytes]

TOKEN = "a-token-of-tests"
ERRORS_BY_TOKEN = {
    "": "is empty. Use",
    " " * 20: "has only spaces. Use",
    "\u00a0" * 20: "has only spaces. Use",
    "123456789012345": "is too short: it has 15 characters and needs at least 16. Use",
    "a-token-with-\xf6-in-it": "cannot be sent in a header",
    "a-token-with-\u4e2d-in-it": "cannot be sent in a header",
    "a-token-with-\udcff-in-it": "cannot be sent in a header",
    "a-token-with\r\na-line": "cannot be sent in a header",
    "a-token-with-a\ttab": "cannot be sent in a header",
    "a-token-with-a\x00zero": "cannot be sent in a header",
    "a-token-with-a\x7fdelete": "cannot be sent in a header",
    " a-token-behind-a-blank": "cannot be sent in a header",
    "a-token-before-a-line\n": "cannot be sent in a header",
    "a-token-before-a-blank ": "cannot be sent in a header",
}


def assert_forbidden(response: requests.Response) -> None:
    assert (response.status_code, response.json()["error"]) == (403, "forbidden")


# Host


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:80", "127.8.9.10", "localhost", "LocalHost:1", "a.localhost", "[::1]:8080"],
)
def test_a_loopback_host_is_allowed(control: Control, host: str) -> None:
    assert control("GET", "/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil-localhost",
        "10.0.0.1",
        "0.0.0.0",
        "[::2]",
        "[::ffff:10.0.0.1]",
        "",
        "localhost, evil.example",
        "evil.example@localhost",
        "localhost@evil.example",
        "localhost/evil.example",
        "localhost:abc",
        "localhost:123456",
        "[",
        "[]",
        "::1",
        "http://localhost",
    ],
)
def test_any_other_host_is_403(control: Control, host: str) -> None:
    assert_forbidden(control("GET", "/health", headers={"Host": host}))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("abcdehlnost.:@/[]#?%12 7\\", max_size=20))
def test_only_a_loopback_name_with_a_valid_port_is_allowed(control: Control, host: str) -> None:
    name, _, port = host.strip().rpartition(":") if host.strip()[-1:] != "]" else (host.strip(), "", "")
    name, port = (name, port) if name else (port, "")
    loopback = is_loopback(name.strip("[]").lower()) and (port == "" or port.isdigit())
    response = control("GET", "/health", headers={"Host": host.strip()})
    assert response.status_code == 403 or loopback


def test_no_host_is_403(raw: Raw) -> None:
    answer = raw(b"GET /_mock/health HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b'"error":"forbidden"' in answer


def test_the_worker_api_accepts_any_host(call: Call) -> None:
    assert call("GET", "/tasks", headers={"Host": "evil.example"}).status_code == 200


# Web pages of other sites


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "CROSS-SITE"])
def test_a_cross_site_request_is_403(control: Control, site: str) -> None:
    assert_forbidden(control("POST", "/worlds", {}, headers={"Sec-Fetch-Site": site}))


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_pages_of_the_mock_and_the_address_bar_are_allowed(control: Control, site: str) -> None:
    assert control("GET", "/health", headers={"Sec-Fetch-Site": site}).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://127.0.0.1:1",
        "http://[",
        "http://127.0.0.1:80@evil.example",
        "*",
    ],
)
def test_a_foreign_origin_is_403(control: Control, origin: str) -> None:
    assert_forbidden(control("POST", "/worlds", {}, headers={"Origin": origin}))


def test_the_origin_of_the_mock_is_allowed(control: Control, mock: WorldServer) -> None:
    assert control("GET", "/health", headers={"Origin": mock.origin}).status_code == 200


def test_a_preflight_request_of_another_site_is_403(http: requests.Session, mock: WorldServer) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    response = http.options(f"{mock.control_url}/worlds", headers=headers, timeout=120)
    assert_forbidden(response)
    assert not [name for name in response.headers if name.lower().startswith("access-control")]


# The path of the control plane


@pytest.mark.parametrize(
    "path", ["/_mockery", "/_mock-health", "/_mock.", "/x/_mock/health", "//_mock/health"]
)
def test_a_path_with_the_same_beginning_belongs_to_the_worker_api(raw: Raw, world: World, path: str) -> None:
    answer = raw(f"GET {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".encode())
    assert answer.endswith(b'{"success":false,"error":"not_found"}')
    assert list(world.journal)[-1].path == path


@pytest.mark.parametrize(
    "path", ["/_mock", "/_mock/", "/_mock/nothing", "/%5Fmock/health", "/_mock%2Fhealth"]
)
def test_access_is_checked_for_every_spelling_of_the_path(raw: Raw, path: str) -> None:
    answer = raw(f"GET {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403 ")


def test_a_refused_call_changes_nothing(control: Control, mock: WorldServer) -> None:
    before = mock.worlds.names()
    assert_forbidden(control("POST", "/worlds", {}, headers={"Host": "evil.example"}))
    assert mock.worlds.names() == before


# Tokens


@pytest.fixture(scope="module")
def mock_with_token() -> Iterator[WorldServer]:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(with_tasks=False))
    with WorldServer(worlds, token=TOKEN) as running:
        yield running


@pytest.fixture
def get(mock_with_token: WorldServer, http: requests.Session) -> Callable[..., requests.Response]:
    def send(path: str, **headers: str) -> requests.Response:
        return http.get(f"{mock_with_token.control_url}{path}", headers=headers, timeout=120)

    return send


@pytest.mark.parametrize("path", ["/health", "/worlds/default", "/nothing"])
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        TOKEN,
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        "Bearer t\xf6",
        "Bearer \xff",
    ],
)
def test_every_call_without_the_right_token_is_401(
    get: Callable[..., requests.Response], path: str, authorization: str | None
) -> None:
    response = get(path) if authorization is None else get(path, Authorization=authorization)
    assert (response.status_code, response.json()["error"]) == (401, "unauthorized")


def test_a_call_with_the_token_is_answered(get: Callable[..., requests.Response]) -> None:
    assert get("/health", Authorization=f"Bearer {TOKEN}").json() == {"status": "ok", "worlds": ["default"]}


def test_another_host_is_403_even_with_the_token(get: Callable[..., requests.Response]) -> None:
    assert_forbidden(get("/health", Authorization=f"Bearer {TOKEN}", Host="evil.example"))


def test_the_worker_api_needs_no_token(mock_with_token: WorldServer, http: requests.Session) -> None:
    response = http.get(
        f"{mock_with_token.base_url}/tasks", headers={"X-API-Key": "server-01-key"}, timeout=120
    )
    assert response.status_code == 200


@pytest.mark.parametrize(("token", "error"), ERRORS_BY_TOKEN.items())
def test_an_unfit_token_is_an_error_that_does_not_contain_it(token: str, error: str) -> None:
    for construct in (
        lambda: AccessControl(unreachable_app, host="127.0.0.1", token=token),
        lambda: WorldServer(Worlds(), token=token),
        lambda: WorldServer(Worlds(), host="0.0.0.0", token=token),
        lambda: WorldServer(
            Worlds(), host="192.0.2.7", token=token
        ),  # an address that it could not listen on
    ):
        with pytest.raises(UnfitTokenError, match=error) as caught:
            construct()
        assert not token.strip() or token not in str(caught.value)


async def unreachable_app(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("a request was allowed")


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=16, max_size=40))
def test_any_token_of_16_visible_characters_is_valid(token: str) -> None:
    assert checked_token(token) == token


@pytest.mark.parametrize("token", [None, "sixteen-of-them-", "words with blanks between", "~" * 5000])
def test_a_valid_token_and_none_are_returned_unchanged(token: str | None) -> None:
    assert checked_token(token) == token


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=16, max_size=40))
def test_every_valid_token_can_be_sent(token: str) -> None:
    try:
        checked_token(token)
    except UnfitTokenError:
        return
    headers = {"host": "127.0.0.1", "authorization": f"Bearer {token}"}
    status = status_for(lambda app: AccessControl(app, host="127.0.0.1", token=token), "192.0.2.7", **headers)
    assert status == 204


def test_a_token_with_spaces_can_be_sent() -> None:
    with WorldServer(Worlds(), token="four words and blanks") as running:
        headers = {"Authorization": "Bearer four words and blanks"}
        assert requests.get(f"{running.control_url}/health", headers=headers, timeout=30).status_code == 200


# Requests from other machines: only the middleware is tested


def status_for(middleware: Callable[..., AccessControl], client: str | None, **headers: str) -> int:
    """Returns the status of the answer. 204 means that the request was allowed.

    middleware: makes the middleware around an application.
    client: the IP address of the client.
    """
    sent: list[Message] = []

    async def allowed_app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def receive() -> Message:
        raise AssertionError("the middleware must not read the body")

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "client": (client, 40_000) if client else None,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(middleware(allowed_app)(scope, receive, send))
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    ("client", "status"),
    [("127.0.0.1", 204), ("127.9.9.9", 204), ("::1", 204), ("192.0.2.7", 403), ("fe80::1", 403), (None, 403)],
)
def test_without_a_token_only_this_machine_is_allowed(client: str | None, status: int) -> None:
    def middleware(app: Any) -> AccessControl:
        return AccessControl(app, host="127.0.0.1", token=None)

    assert status_for(middleware, client, host="127.0.0.1") == status


@pytest.mark.parametrize(
    ("host", "status"), [("MOCK.example:8080", 204), ("127.0.0.1", 204), ("other.example", 403)]
)
def test_another_machine_is_allowed_with_the_token_and_the_host_of_the_mock(host: str, status: int) -> None:
    def middleware(app: Any) -> AccessControl:
        return AccessControl(app, host="Mock.example", token=TOKEN)

    assert status_for(middleware, "192.0.2.7", host=host, authorization=f"Bearer {TOKEN}") == status
    assert status_for(middleware, "192.0.2.7", host=host, authorization="Bearer wrong") != 204


def test_a_refusal_has_the_reason_in_json(control: Control) -> None:
    answer = control("GET", "/health", headers={"Host": "evil.example"})
    assert json.loads(answer.content) == {
        "success": False,
        "error": "forbidden",
        "message": "the Host header has to name this mock",
    }


@pytest.mark.parametrize(("token", "status"), [(TOKEN, 200), (None, 401), ("wrong", 401)])
def test_a_mock_on_all_addresses_accepts_any_host_with_the_token(token: str | None, status: int) -> None:
    with WorldServer(Worlds(), host="0.0.0.0", token=TOKEN) as running:
        headers = {"Host": "mock.example", **({"Authorization": f"Bearer {token}"} if token else {})}
        url = f"http://127.0.0.1:{running.port}/_mock/health"
        assert requests.get(url, headers=headers, timeout=120).status_code == status
