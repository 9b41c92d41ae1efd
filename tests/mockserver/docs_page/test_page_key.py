"""Which requests for the page get an API key with it."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
import requests

from workerkit.mockserver.docs_page.page_key import PageKey
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

KEY = "server-01-key"


def page_key(mock: WorldServer, headers: dict[str, str] | None = None, *, host: str | None = None) -> str:
    """The key in the page; an empty text for none. `host`: the address to connect to."""
    url = f"http://{host or mock.host}:{mock.port}/docs"
    answer = requests.get(url, headers=headers, timeout=120)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    (found,) = re.findall(r'data-key="([^"]*)"', answer.text)
    assert ("is filled in" in answer.text) == bool(found)
    return html.unescape(found)


def change_server(mock: WorldServer, name: str, **fields: Any) -> None:
    url = f"{mock.control_url}/worlds/default/servers/{name}"
    assert requests.patch(url, json=fields, timeout=120).status_code == 200


def default_worlds() -> Worlds:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=7, with_tasks=False))
    return worlds


# Who gets it


@pytest.mark.parametrize(
    "host", ["127.0.0.1:1", "127.8.9.10", "localhost", "LocalHost:8080", "a.localhost", "[::1]"]
)
def test_a_request_that_names_this_machine_gets_the_key(default_mock: WorldServer, host: str) -> None:
    assert page_key(default_mock, {"Host": host}) == KEY


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "0.0.0.0", "", "localhost@evil.example", "a/b"],
)
def test_a_request_that_names_another_host_gets_no_key(default_mock: WorldServer, host: str) -> None:
    assert page_key(default_mock, {"Host": host}) == ""


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({}, KEY),
        ({"Sec-Fetch-Site": "none"}, KEY),
        ({"Sec-Fetch-Site": "same-origin"}, KEY),
        ({"Sec-Fetch-Site": "same-site"}, ""),
        ({"Sec-Fetch-Site": "cross-site"}, ""),
        ({"Sec-Fetch-Site": "nonsense"}, ""),
        ({"Origin": "http://evil.example"}, ""),
        ({"Origin": "null"}, ""),
    ],
)
def test_a_request_of_another_site_gets_no_key(
    default_mock: WorldServer, headers: dict[str, str], key: str
) -> None:
    assert page_key(default_mock, headers) == key
    assert page_key(default_mock) == KEY


def test_a_mock_with_a_control_token_gives_no_key() -> None:
    with WorldServer(default_worlds(), token="a-token-of-tests") as mock:
        assert page_key(mock) == ""
        assert page_key(mock, {"Authorization": "Bearer a-token-of-tests"}) == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_a_mock_gives_a_key_only_if_it_listens_on_this_machine_alone(host: str) -> None:
    scope = {"type": "http", "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1)}
    expected = KEY if host == "127.0.0.1" else None
    assert PageKey(default_worlds(), host=host, token=None).for_request(scope) == expected


@pytest.mark.parametrize(
    ("client", "key"), [(("127.0.0.1", 1), KEY), (("::1", 1), KEY), (("192.0.2.7", 1), None), (None, None)]
)
def test_a_client_of_another_machine_gets_no_key(client: tuple[str, int] | None, key: str | None) -> None:
    scope = {"type": "http", "headers": [(b"host", b"localhost")], "client": client}
    assert PageKey(default_worlds(), host="127.0.0.1", token=None).for_request(scope) == key


def test_a_mock_on_all_addresses_shows_the_page_without_a_key() -> None:
    with WorldServer(default_worlds(), host="0.0.0.0", token="a-token-of-tests") as mock:
        assert page_key(mock, host="127.0.0.1") == ""


# Which key it is


def test_the_key_is_that_of_the_first_server_that_may_work_now(default_mock: WorldServer) -> None:
    change_server(default_mock, "server-01", status="offline")
    assert page_key(default_mock) == "server-02-key"
    change_server(default_mock, "server-01", status="active")
    assert page_key(default_mock) == KEY
    change_server(default_mock, "server-01", revoked=True)
    assert page_key(default_mock) == "server-02-key"
    change_server(default_mock, "server-02", status="offline")
    assert page_key(default_mock) == ""


def test_the_key_is_the_newest_one(default_mock: WorldServer) -> None:
    change_server(default_mock, "server-01", api_key="a-new-key")
    assert page_key(default_mock) == "a-new-key"


def test_a_key_is_escaped(default_mock: WorldServer) -> None:
    key = "\"><script>alert('&amp;$hint')</script>"
    world = default_mock.worlds.world(DEFAULT)
    server = world.servers["server-01"]
    default_mock.run_in_server_thread(lambda: world.key_ring.set_keys(server, [key]))
    assert page_key(default_mock) == key
    assert "<script>" not in requests.get(f"{default_mock.origin}/docs", timeout=120).text


def test_the_key_of_another_world_is_never_shown() -> None:
    with WorldServer(Worlds()) as mock:
        requests.post(f"{mock.control_url}/worlds", json={}, timeout=120)
        assert page_key(mock) == ""
