"""One mock for the session with a fresh world for each test, and ways to speak to both."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import requests

from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.spec.api import control_api

SEED = 7
SECONDS = 120


@pytest.fixture(scope="session")
def mock() -> Iterator[MockServer]:
    """A mock without a default world: what nobody's key is in belongs to the newest world."""
    with MockServer(Worlds()) as running:
        yield running


@pytest.fixture
def world(mock: MockServer) -> Iterator[World]:
    """A fresh world with the servers of the default one and no tasks, whose clock stands.

    No world outlives the test.
    """
    name = mock.ask(mock.worlds.new_name)
    builder = WorldBuilder(seed=SEED, timer=lambda: 0.0, tasks=False)
    yield mock.ask(lambda: mock.worlds.add(name, builder).world)
    for left in mock.ask(mock.worlds.names):
        mock.ask(partial(mock.worlds.remove, left))


@pytest.fixture
def key(world: World) -> str:
    """The key of the world's first server, server-01."""
    return world.servers["server-01"].keys[0]


@pytest.fixture
def add_task(mock: MockServer, world: World) -> Callable[..., Task]:
    """Adds a task with these fields to the world; without `server` it is server-01's."""

    def add(**fields: Any) -> Task:
        return mock.ask(lambda: create_task(world, fields))

    return add


@pytest.fixture(scope="session")
def http() -> Iterator[requests.Session]:
    """A client that knows of no proxies."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def call(mock: MockServer, http: requests.Session, key: str) -> Callable[..., requests.Response]:
    """Sends a request to the Worker API: method, path, and `key` unless it is server-01's (None: no key)."""
    own = key

    def send(
        method: str, path: str, *, key: str | None = own, headers: dict[str, str] | None = None, **more: Any
    ) -> requests.Response:
        authorized = {**({} if key is None else {"X-API-Key": key}), **(headers or {})}
        return http.request(method, mock.base_url + path, headers=authorized, timeout=SECONDS, **more)

    return send


@pytest.fixture(scope="session")
def control(mock: MockServer, http: requests.Session) -> Callable[..., requests.Response]:
    """Calls the control plane: method, path after `/_mock`, JSON. Each answer has to be as the spec says."""

    def send(method: str, path: str, json: Any = None, **more: Any) -> requests.Response:
        response = http.request(method, mock.control_url + path, json=json, timeout=SECONDS, **more)
        operation = control_api().match(method, "/_mock" + path.partition("?")[0]).operation
        assert operation.answer_flaw(response.status_code, response.json()) is None
        assert response.headers["Content-Type"] == "application/json"
        return response

    return send


@pytest.fixture(scope="session")
def raw(mock: MockServer) -> Callable[..., bytes]:
    """Sends bytes on a connection of their own and returns what comes back until the mock closes it.

    With `leave` the client says that no more will come; without it the request has to ask for the close.
    """

    def send(data: bytes, *, leave: bool = False) -> bytes:
        with socket.create_connection((mock.host, mock.port), timeout=SECONDS) as connection:
            connection.sendall(data)
            if leave:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    return send
