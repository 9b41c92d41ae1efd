"""Who gets the files of the inspector, and with which headers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from importlib import resources

import pytest
import requests

from workerkit.mockserver.inspector.inspector_app import FILE_TYPES
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

FOLDER = resources.files("workerkit.mockserver.inspector")
PATHS = {
    "/_mock/ui": "text/html; charset=utf-8",
    "/_mock/ui/": "text/html; charset=utf-8",
    **{f"/_mock/ui/{name}": f"{content_type}; charset=utf-8" for name, content_type in FILE_TYPES.items()},
}


@pytest.fixture(scope="module")
def mock() -> Iterator[WorldServer]:
    """A mock with a control token."""
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=7, with_tasks=False))
    with WorldServer(worlds, token="a-token-of-tests") as running:
        yield running


@pytest.mark.parametrize(("path", "content_type"), PATHS.items())
def test_the_files_need_no_token_and_have_strict_headers(
    mock: WorldServer, path: str, content_type: str
) -> None:
    answer = requests.get(mock.origin + path, timeout=120)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_everything_else_of_the_control_plane_needs_the_token(mock: WorldServer) -> None:
    for path in ("", "/uix", "/health", "/events", "/worlds"):
        assert requests.get(mock.control_url + path, timeout=120).status_code == 401


@pytest.mark.parametrize("path", ["/_mock/ui/no.js", "/_mock/ui/page.html", "/_mock/ui/../control_app.py"])
def test_no_other_file_is_served(mock: WorldServer, path: str) -> None:
    with socket.create_connection((mock.host, mock.port), timeout=120) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 404 ")


def test_the_page_can_only_be_read(mock: WorldServer) -> None:
    answer = requests.post(f"{mock.origin}/_mock/ui", timeout=120)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_each_file_of_the_folder_is_served() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.name.endswith((".js", ".css"))}
    assert files == set(FILE_TYPES)


def test_the_front_page_links_to_the_inspector_and_to_the_api(mock: WorldServer) -> None:
    answer = requests.get(f"{mock.origin}/", timeout=120)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    for link in ("/_mock/ui", "/docs", "/openapi.yaml", "/openapi.json"):
        assert f'href="{link}"' in answer.text
        assert requests.get(mock.origin + link, timeout=120).status_code == 200
