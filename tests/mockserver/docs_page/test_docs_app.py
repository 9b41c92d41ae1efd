"""The spec of the running mock, and the files of its page, over real sockets."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any

import pytest
import requests
import yaml

from workerkit.mockserver.docs_page.page import ASSET_TYPES
from workerkit.mockserver.docs_page.spec_text import cached_spec_text
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.dialect import Dialect, dialect_of
from workerkit.openapi.spec.published import published_spec, spec_text

NESTED = dialect_of({"error-body": "nested"})
SPECS = {"/openapi.yaml": "application/yaml", "/openapi.json": "application/json"}
PAGES = {"/docs": "text/html; charset=utf-8", "/docs/": "text/html; charset=utf-8"}
FILES = {f"/docs/{name}": f"{content_type}; charset=utf-8" for name, content_type in ASSET_TYPES.items()}
ALL = {**SPECS, **PAGES, **FILES}


def get(mock: WorldServer, path: str, method: str = "GET", **headers: str) -> requests.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(method, mock.origin + path, headers=names, timeout=120)


def raw_answer(mock: WorldServer, request: str) -> bytes:
    with socket.create_connection((mock.host, mock.port), timeout=120) as connection:
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def server_url(mock: WorldServer, **headers: str) -> str:
    """The only server in the spec that a client gets."""
    (server,) = get(mock, "/openapi.json", **headers).json()["servers"]
    return str(server["url"])


# The spec


def test_the_spec_is_the_published_one_with_the_mock_as_the_only_server(default_mock: WorldServer) -> None:
    expected = published_spec(Dialect(), base_url=default_mock.base_url)
    as_yaml, as_json = get(default_mock, "/openapi.yaml"), get(default_mock, "/openapi.json")
    assert as_yaml.content.decode() == spec_text(expected, "yaml")
    assert as_json.content.decode() == spec_text(expected, "json")
    assert yaml.safe_load(as_yaml.content) == as_json.json() == expected


def test_the_spec_is_in_the_dialect_that_the_default_world_has_now(default_mock: WorldServer) -> None:
    def dialect_is(dialect: Dialect) -> bool:
        expected = published_spec(dialect, base_url=default_mock.base_url)
        return bool(get(default_mock, "/openapi.json").json() == expected)

    worlds = default_mock.worlds
    snapshot = get(default_mock, "/_mock/worlds/default/snapshot").json()
    assert dialect_is(Dialect())
    default_mock.run_in_server_thread(lambda: worlds.remove(DEFAULT))
    default_mock.run_in_server_thread(lambda: worlds.add(DEFAULT, WorldBuilder(seed=7, dialect=NESTED)))
    assert dialect_is(NESTED)
    url = f"{default_mock.control_url}/worlds/default"
    assert requests.put(f"{url}/snapshot", json=snapshot, timeout=120).status_code == 200
    assert dialect_is(Dialect())
    assert requests.post(f"{url}/reset", timeout=120).status_code == 200
    assert dialect_is(NESTED)


def test_other_worlds_do_not_change_the_spec(default_mock: WorldServer) -> None:
    body = {"dialect": {"error-body": "nested"}}
    requests.post(f"{default_mock.control_url}/worlds", json=body, timeout=120)
    assert get(default_mock, "/openapi.json").json() == published_spec(
        Dialect(), base_url=default_mock.base_url
    )


def test_a_mock_without_worlds_has_a_spec_and_a_page_without_a_key() -> None:
    with WorldServer(Worlds()) as mock:
        assert get(mock, "/openapi.json").json() == published_spec(Dialect(), base_url=mock.base_url)
        assert 'data-key=""' in get(mock, "/docs").text


# The server in the spec


@pytest.mark.parametrize(
    "host",
    ["localhost:1234", "mock.example", "127.0.0.1", "[::1]:8080", "LocalHost:0080", "a-b.example:65535"],
)
def test_the_server_is_the_host_as_the_client_reached_it(default_mock: WorldServer, host: str) -> None:
    assert server_url(default_mock, Host=host) == f"http://{host.lower()}/api/v1/worker"


@pytest.mark.parametrize(
    "host",
    ["", "a/b", "a@b", "a b", "a:b", "a:65536", "localhost, evil.example", "http://a", '"', "é", "a#b"],
)
def test_a_host_that_is_not_valid_gives_the_address_of_the_mock(default_mock: WorldServer, host: str) -> None:
    assert server_url(default_mock, Host=host.encode().decode("latin-1")) == default_mock.base_url


def test_a_request_without_host_gets_the_address_of_the_mock(default_mock: WorldServer) -> None:
    request = "GET /openapi.json HTTP/1.0\r\n\r\n"
    body = raw_answer(default_mock, request).partition(b"\r\n\r\n")[2]
    assert json.loads(body)["servers"] == [{"url": default_mock.base_url}]


def test_a_mock_on_all_addresses_names_the_address_that_the_client_reached() -> None:
    with WorldServer(Worlds(), host="0.0.0.0", token="a-token-of-tests") as mock:
        answer = requests.get(
            f"http://127.0.0.1:{mock.port}/openapi.json", headers={"Host": "a/b"}, timeout=120
        )
    assert answer.json()["servers"] == [{"url": f"http://127.0.0.1:{mock.port}/api/v1/worker"}]


def test_an_ipv6_address_is_in_brackets() -> None:
    try:
        running = WorldServer(Worlds(), host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with running as mock:
        assert server_url(mock, Host="a/b") == mock.base_url


# The cache


def test_a_text_is_made_once_for_each_dialect_and_base_url(default_mock: WorldServer) -> None:
    cached_spec_text.cache_clear()
    for host in ("a.example", "a.example", "b.example", "A.example"):
        get(default_mock, "/openapi.yaml", Host=host)
    info = cached_spec_text.cache_info()
    assert (info.hits, info.misses) == (2, 2)


def test_the_cache_is_bounded() -> None:
    most = cached_spec_text.cache_info().maxsize
    assert most is not None
    assert most <= 64


# Methods, types and headers


@pytest.mark.parametrize(("path", "content_type"), ALL.items())
def test_each_path_has_its_type_and_strict_headers(
    default_mock: WorldServer, path: str, content_type: str
) -> None:
    answer = get(default_mock, path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == content_type
    assert_strict(answer.headers)


def assert_strict(headers: Mapping[str, str]) -> None:
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ALL)
def test_head_has_the_headers_of_get_and_no_body(default_mock: WorldServer, path: str) -> None:
    head, full = get(default_mock, path, "HEAD"), get(default_mock, path)
    assert (head.status_code, head.headers) == (200, full.headers)
    request = f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert raw_answer(default_mock, request).endswith(b"\r\n\r\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ALL)
def test_every_other_method_is_405(default_mock: WorldServer, path: str, method: str) -> None:
    answer = get(default_mock, path, method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert answer.json()["error"] == "method_not_allowed"
    assert_strict(answer.headers)


@pytest.mark.parametrize(
    "path",
    [
        "/docs/no",
        "/docs/page.html",
        "/docs/page.py",
        "/docs/../page.py",
        "/docs/swagger_ui/LICENSE",
        "/docs//",
    ],
)
def test_no_other_file_is_served(default_mock: WorldServer, path: str) -> None:
    answer = raw_answer(default_mock, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b'"error":"not_found"' in answer


@pytest.mark.parametrize("path", ["/x", "/docsx", "/openapi.yml", "/openapi.json/x", "/favicon.ico"])
def test_paths_beside_them_are_still_unknown_to_the_worker_api(default_mock: WorldServer, path: str) -> None:
    answer = get(default_mock, path, X_API_Key="server-01-key")
    assert (answer.status_code, answer.json()) == (404, {"success": False, "error": "not_found"})


def test_looking_at_the_pages_changes_nothing(default_mock: WorldServer) -> None:
    def state() -> Any:
        world = default_mock.worlds.world(DEFAULT)
        return len(world.journal), world.clock.peek() - world.clock.begin

    for path in ALL:
        get(default_mock, path)
    assert default_mock.run_in_server_thread(state) == (0, 0.0)
