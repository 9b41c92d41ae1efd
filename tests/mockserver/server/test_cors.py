"""Tests the access of web pages of other origins to the Worker API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from workerkit.mockserver.server.cors import BadOriginError, checked_origin
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

ORIGIN, OTHER = "http://localhost:3000", "http://other.example"
KEY = {"X-API-Key": "your-server-key"}
SECONDS = 120


def running(*origins: str) -> WorldServer:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=1))
    return WorldServer(worlds, origins=origins)


@pytest.fixture(scope="module")
def open_mock() -> Iterator[WorldServer]:
    with running("HTTP://LocalHost:3000") as mock:
        yield mock


@pytest.mark.parametrize("key", ["your-server-key", "unknown-key"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_page_of_the_origin_may_read_answers_also_refusals(
    open_mock: WorldServer, http: requests.Session, key: str, method: str
) -> None:
    headers = {"X-API-Key": key, "Origin": ORIGIN}
    answer = http.request(method, f"{open_mock.base_url}/tasks", headers=headers, timeout=SECONDS)
    assert answer.status_code == (200 if key in KEY.values() else 401)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


def test_a_page_of_the_origin_may_send_the_key_and_json(
    open_mock: WorldServer, http: requests.Session
) -> None:
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "x-api-key,content-type",
    }
    answer = http.options(f"{open_mock.base_url}/tasks/bulk", headers=asked, timeout=SECONDS)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert "x-api-key" in answer.headers["Access-Control-Allow-Headers"].lower()


def test_pages_of_other_origins_and_other_clients_see_no_difference(
    open_mock: WorldServer, http: requests.Session
) -> None:
    for headers in (KEY, {**KEY, "Origin": OTHER}):
        answer = http.get(f"{open_mock.base_url}/tasks", headers=headers, timeout=SECONDS)
        assert answer.status_code == 200
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_control_plane_stays_closed(open_mock: WorldServer, http: requests.Session) -> None:
    for method in ("GET", "OPTIONS"):
        headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
        answer = http.request(method, f"{open_mock.control_url}/worlds", headers=headers, timeout=SECONDS)
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_origins_no_answer_has_the_headers(http: requests.Session) -> None:
    with running() as mock:
        headers = {**KEY, "Origin": ORIGIN}
        answer = http.get(f"{mock.base_url}/tasks", headers=headers, timeout=SECONDS)
        assert answer.status_code == 200
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_all_origins_can_be_allowed(http: requests.Session) -> None:
    with running("*") as mock:
        headers = {**KEY, "Origin": OTHER}
        answer = http.get(f"{mock.base_url}/tasks", headers=headers, timeout=SECONDS)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "text",
    ["localhost:3000", "http://a.example/", "http://a.example/path", "", "ftp://a.example", "http://*"],
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(BadOriginError, match="http://localhost:3000"):
        checked_origin(text)
