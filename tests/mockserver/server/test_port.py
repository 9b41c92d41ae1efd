"""A mock can close its port for some time. Its clients are other sockets of this machine."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
import requests

from workerkit.mockserver.server.server import CannotListenError, WorldServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

SECONDS = 120
LONG = 3600.0
CLOCK_TOLERANCE = 0.9  # the event loop of the server rounds times to milliseconds


@pytest.fixture
def own_mock() -> Iterator[WorldServer]:
    """A mock for one test, with the default world."""
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=7))
    with WorldServer(worlds) as mock:
        yield mock


def close_port(mock: WorldServer, seconds: float) -> None:
    mock.run_in_server_thread(lambda: mock.close_port(seconds))


def list_status(mock: WorldServer, session: requests.Session | None = None) -> int:
    get = requests.get if session is None else session.get
    return get(f"{mock.base_url}/tasks", headers={"X-API-Key": "server-01-key"}, timeout=SECONDS).status_code


def refuses(mock: WorldServer) -> bool:
    try:
        socket.create_connection((mock.host, mock.port), timeout=SECONDS).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_closed_port_refuses_connections_and_opens_again(own_mock: WorldServer) -> None:
    began = time.monotonic()
    close_port(own_mock, 0.2)
    while refuses(own_mock):
        assert time.monotonic() - began < SECONDS
    assert time.monotonic() - began >= 0.2 * CLOCK_TOLERANCE
    assert list_status(own_mock) == 200


def test_a_closed_port_can_be_closed_again(own_mock: WorldServer) -> None:
    for _ in range(3):
        close_port(own_mock, LONG)
        assert refuses(own_mock)
        close_port(own_mock, 0.0)
        while refuses(own_mock):
            pass
        assert list_status(own_mock) == 200


def test_a_port_that_is_closed_again_stays_closed_for_the_new_time(own_mock: WorldServer) -> None:
    close_port(own_mock, 0.2)
    close_port(own_mock, LONG)
    began = time.monotonic()
    while time.monotonic() - began < 0.4:
        assert refuses(own_mock)


def test_nobody_else_gets_a_closed_port(own_mock: WorldServer) -> None:
    close_port(own_mock, LONG)
    with pytest.raises(OSError, match="in use"), socket.socket() as other:
        other.bind((own_mock.host, own_mock.port))


def test_a_client_gets_the_whole_of_its_last_answer_and_then_the_end(own_mock: WorldServer) -> None:
    with socket.create_connection((own_mock.host, own_mock.port), timeout=SECONDS) as connection:
        connection.sendall(b"GET /openapi.yaml HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        data = connection.recv(1)
        close_port(own_mock, LONG)
        while part := connection.recv(65536):
            data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    assert len(body) == int(length.split(b":")[1]) > 10_000


def test_a_kept_connection_is_closed_and_a_new_one_works(own_mock: WorldServer) -> None:
    with requests.Session() as session:
        assert list_status(own_mock, session) == 200
        close_port(own_mock, LONG)
        with pytest.raises(requests.ConnectionError):
            list_status(own_mock, session)
        close_port(own_mock, 0.0)
        while refuses(own_mock):
            pass
        assert list_status(own_mock, session) == 200


def test_a_mock_stops_while_its_port_is_closed_and_gives_the_port_back() -> None:
    with WorldServer(Worlds()) as mock:
        close_port(mock, LONG)
    with WorldServer(Worlds(), port=mock.port) as next_mock:
        assert next_mock.port == mock.port
        with pytest.raises(CannotListenError):
            WorldServer(Worlds(), port=mock.port)
