"""One mock and one browser for all tests, a new world for each test, and clients for the mock."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import requests

from tests.mockserver.docs_page.browser import Page, browser_page
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.spec.api import control_api

SEED = 7
SECONDS = 120


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The browser of all tests. `open` makes a new page of it."""
    with browser_page(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(scope="session")
def mock() -> Iterator[WorldServer]:
    """A mock without a default world. Requests with an unknown key go to the newest world."""
    with WorldServer(Worlds()) as running:
        yield running


@pytest.fixture
def world(mock: WorldServer) -> World:
    """A new world with the default servers and no tasks. Its clock does not run.

    Before it, all worlds that other tests have left are removed.
    """
    for name in mock.run_in_server_thread(mock.worlds.names):
        mock.run_in_server_thread(partial(mock.worlds.remove, name))
    name = mock.run_in_server_thread(mock.worlds.new_name)
    builder = WorldBuilder(seed=SEED, timer=lambda: 0.0, with_tasks=False)
    return mock.run_in_server_thread(lambda: mock.worlds.add(name, builder).world)


@pytest.fixture
def key(world: World) -> str:
    """The key of server-01, the first server of the world."""
    return world.servers["server-01"].keys[0]


@pytest.fixture
def add_task(mock: WorldServer, world: World) -> Callable[..., Task]:
    """Adds a task with the given fields to the world. Without `server`, it belongs to server-01."""

    def add(**fields: Any) -> Task:
        return mock.run_in_server_thread(lambda: create_task(world, fields))

    return add


@pytest.fixture(scope="session")
def http() -> Iterator[requests.Session]:
    """An HTTP client that uses no proxies."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def call(mock: WorldServer, http: requests.Session, key: str) -> Callable[..., requests.Response]:
    """Sends a request to the Worker API.

    key: the API key; the key of server-01 by default, None for no key.
    """
    own = key

    def send(
        method: str, path: str, *, key: str | None = own, headers: dict[str, str] | None = None, **more: Any
    ) -> requests.Response:
        authorized = {**({} if key is None else {"X-API-Key": key}), **(headers or {})}
        return http.request(method, mock.base_url + path, headers=authorized, timeout=SECONDS, **more)

    return send


@pytest.fixture(scope="session")
def control(mock: WorldServer, http: requests.Session) -> Callable[..., requests.Response]:
    """Calls the control plane. Fails if the spec does not describe the answer.

    path: the path without `/_mock`.
    """

    def send(method: str, path: str, json: Any = None, **more: Any) -> requests.Response:
        response = http.request(method, mock.control_url + path, json=json, timeout=SECONDS, **more)
        operation = control_api().match(method, "/_mock" + path.partition("?")[0]).operation
        assert operation.answer_flaw(response.status_code, response.json()) is None
        assert response.headers["Content-Type"] == "application/json"
        return response

    return send


@pytest.fixture(scope="session")
def raw(mock: WorldServer) -> Callable[..., bytes]:
    """Sends bytes on a new connection. Returns all bytes that come until the mock closes the connection.

    leave: whether the client closes its side after sending. If not, the request must have the header
        `Connection: close`.
    """

    def send(data: bytes, *, leave: bool = False) -> bytes:
        with socket.create_connection((mock.host, mock.port), timeout=SECONDS) as connection:
            connection.sendall(data)
            if leave:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    return send
