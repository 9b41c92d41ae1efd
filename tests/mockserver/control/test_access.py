"""Who may use the control plane."""

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

from workerkit.mockserver.control.access import AccessControl, UnfitTokenError, checked_token, is_loopback
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

Control = Callable[..., requests.Response]
Call = Callable[..., requests.Response]
Raw = Callable[..., bytes]

TOKEN = "a-token-of-tests"
UNFIT = {
    "": "is empty: take",
    " " * 20: "is blank: take",
    "\u00a0" * 20: "is blank: take",
    "123456789012345": "is too short, with 15 of at least 16 characters: take",
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
def test_a_loopback_host_is_let_in(control: Control, host: str) -> None:
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
def test_no_host_gets_in_unless_it_is_a_loopback_name_and_a_port(control: Control, host: str) -> None:
    name, _, port = host.strip().rpartition(":") if host.strip()[-1:] != "]" else (host.strip(), "", "")
    name, port = (name, port) if name else (port, "")
    loopback = is_loopback(name.strip("[]").lower()) and (port == "" or port.isdigit())
    response = control("GET", "/health", headers={"Host": host.strip()})
    assert response.status_code == 403 or loopback


@pytest.mark.parametrize("hosts", [(), ("localhost", "localhost"), ("localhost", "evil.example")])
def test_not_exactly_one_host_is_403(raw: Raw, hosts: tuple[str, ...]) -> None:
    lines = "".join(f"Host: {host}\r\n" for host in hosts)
    answer = raw(f"GET /_mock/health HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b'"error":"forbidden"' in answer


def test_the_hosts_of_the_worker_api_are_not_looked_at(call: Call) -> None:
    assert call("GET", "/tasks", headers={"Host": "evil.example"}).status_code == 200


# Web pages of other sites


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "CROSS-SITE"])
def test_a_cross_site_request_is_403(control: Control, site: str) -> None:
    assert_forbidden(control("POST", "/worlds", {}, headers={"Sec-Fetch-Site": site}))


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_page_of_the_mock_itself_and_the_address_bar_are_let_in(control: Control, site: str) -> None:
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


def test_the_own_origin_is_let_in(control: Control, mock: MockServer) -> None:
    assert control("GET", "/health", headers={"Origin": mock.origin}).status_code == 200


def test_a_foreign_site_learns_nothing_by_asking_first(http: requests.Session, mock: MockServer) -> None:
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    response = http.options(f"{mock.control_url}/worlds", headers=asked, timeout=120)
    assert_forbidden(response)
    assert not [name for name in response.headers if name.lower().startswith("access-control")]


# The control plane is where its path says, and nowhere else


@pytest.mark.parametrize(
    "path", ["/_mockery", "/_mock-health", "/_mock.", "/x/_mock/health", "//_mock/health"]
)
def test_a_path_that_only_begins_alike_is_the_worker_apis(raw: Raw, world: World, path: str) -> None:
    answer = raw(f"GET {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".encode())
    assert answer.endswith(b'{"success":false,"error":"not_found"}')
    assert list(world.journal)[-1].path == path


@pytest.mark.parametrize(
    "path", ["/_mock", "/_mock/", "/_mock/nothing", "/%5Fmock/health", "/_mock%2Fhealth"]
)
def test_every_spelling_of_the_path_is_guarded(raw: Raw, path: str) -> None:
    answer = raw(f"GET {path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403 ")


def test_what_the_guard_refuses_is_not_done(control: Control, mock: MockServer) -> None:
    before = mock.worlds.names()
    assert_forbidden(control("POST", "/worlds", {}, headers={"Host": "evil.example"}))
    assert mock.worlds.names() == before


# Tokens


@pytest.fixture(scope="module")
def guarded() -> Iterator[MockServer]:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(tasks=False))
    with MockServer(worlds, token=TOKEN) as running:
        yield running


@pytest.fixture
def ask(guarded: MockServer, http: requests.Session) -> Callable[..., requests.Response]:
    def send(path: str, **headers: str) -> requests.Response:
        return http.get(f"{guarded.control_url}{path}", headers=headers, timeout=120)

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
def test_with_a_token_every_call_needs_it(
    ask: Callable[..., requests.Response], path: str, authorization: str | None
) -> None:
    response = ask(path) if authorization is None else ask(path, Authorization=authorization)
    assert (response.status_code, response.json()["error"]) == (401, "unauthorized")


def test_with_the_token_calls_are_answered(ask: Callable[..., requests.Response]) -> None:
    assert ask("/health", Authorization=f"Bearer {TOKEN}").json() == {"status": "ok", "worlds": ["default"]}


def test_the_token_does_not_open_the_door_to_another_host(ask: Callable[..., requests.Response]) -> None:
    assert_forbidden(ask("/health", Authorization=f"Bearer {TOKEN}", Host="evil.example"))


def test_the_worker_api_needs_no_token(guarded: MockServer, http: requests.Session) -> None:
    response = http.get(f"{guarded.base_url}/tasks", headers={"X-API-Key": "server-01-key"}, timeout=120)
    assert response.status_code == 200


@pytest.mark.parametrize(("token", "said"), UNFIT.items())
def test_an_unfit_token_is_refused_without_telling_it_and_nothing_listens(token: str, said: str) -> None:
    for make in (
        lambda: AccessControl(nowhere, host="127.0.0.1", token=token),
        lambda: MockServer(Worlds(), token=token),
        lambda: MockServer(Worlds(), host="0.0.0.0", token=token),
        lambda: MockServer(Worlds(), host="192.0.2.7", token=token),  # where it could not listen
    ):
        with pytest.raises(UnfitTokenError, match=said) as refused:
            make()
        assert not token.strip() or token not in str(refused.value)


async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("nobody comes here")


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=16, max_size=40))
def test_any_token_of_16_visible_characters_is_fit(token: str) -> None:
    assert checked_token(token) == token


@pytest.mark.parametrize("token", [None, "sixteen-of-them-", "words with blanks between", "~" * 5000])
def test_a_fit_token_and_none_are_taken_as_they_are(token: str | None) -> None:
    assert checked_token(token) == token


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=16, max_size=40))
def test_every_token_that_is_taken_can_be_sent(token: str) -> None:
    try:
        checked_token(token)
    except UnfitTokenError:
        return
    sent = {"host": "127.0.0.1", "authorization": f"Bearer {token}"}
    assert passed(lambda app: AccessControl(app, host="127.0.0.1", token=token), "192.0.2.7", **sent) == 204


def test_a_token_with_a_blank_in_it_goes_over_the_wire() -> None:
    with MockServer(Worlds(), token="four words and blanks") as running:
        headers = {"Authorization": "Bearer four words and blanks"}
        assert requests.get(f"{running.control_url}/health", headers=headers, timeout=30).status_code == 200


# Other machines, which a test cannot be: the guard alone


def passed(guard: Callable[..., AccessControl], client: str | None, **headers: str) -> int:
    """The status with which a guarded application answers a client; 204 where the guard lets it in."""
    sent: list[Message] = []

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def receive() -> Message:
        raise AssertionError("the guard reads no body")

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "client": (client, 40_000) if client else None,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(guard(inside)(scope, receive, send))
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    ("client", "status"),
    [("127.0.0.1", 204), ("127.9.9.9", 204), ("::1", 204), ("192.0.2.7", 403), ("fe80::1", 403), (None, 403)],
)
def test_without_a_token_only_this_machine_is_let_in(client: str | None, status: int) -> None:
    def guard(app: Any) -> AccessControl:
        return AccessControl(app, host="127.0.0.1", token=None)

    assert passed(guard, client, host="127.0.0.1") == status


@pytest.mark.parametrize(
    ("host", "status"), [("MOCK.example:8080", 204), ("127.0.0.1", 204), ("other.example", 403)]
)
def test_with_the_token_another_machine_is_let_in_under_the_bound_host(host: str, status: int) -> None:
    def guard(app: Any) -> AccessControl:
        return AccessControl(app, host="Mock.example", token=TOKEN)

    assert passed(guard, "192.0.2.7", host=host, authorization=f"Bearer {TOKEN}") == status
    assert passed(guard, "192.0.2.7", host=host, authorization="Bearer wrong") != 204


def test_a_refusal_says_in_json_what_would_help(control: Control) -> None:
    answer = control("GET", "/health", headers={"Host": "evil.example"})
    assert json.loads(answer.content) == {
        "success": False,
        "error": "forbidden",
        "message": "the Host header is not this mock's own",
    }


@pytest.mark.parametrize(("token", "status"), [(TOKEN, 200), (None, 401), ("wrong", 401)])
def test_a_mock_on_all_addresses_is_called_by_any_name_with_its_token(token: str | None, status: int) -> None:
    with MockServer(Worlds(), host="0.0.0.0", token=TOKEN) as running:
        headers = {"Host": "mock.example", **({"Authorization": f"Bearer {token}"} if token else {})}
        url = f"http://127.0.0.1:{running.port}/_mock/health"
        assert requests.get(url, headers=headers, timeout=120).status_code == status
