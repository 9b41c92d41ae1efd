"""A client that gives up closes its connection. Then the mock knows that it did not take the answer."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.run_builder import build_run
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.library import library

LIST = b"GET /api/v1/worker/tasks HTTP/1.1\r\nhost: localhost\r\nx-api-key: server-01-key\r\n%s\r\n"
# Only uvicorn's parser takes a request with this header: see `plain_request.py`.
WAYS = pytest.mark.parametrize("header", [b"", b"connection: close\r\n"], ids=["plain", "uvicorn"])


@pytest.fixture
def served() -> Iterator[tuple[WorldServer, Director]]:
    worlds = Worlds()
    director = worlds.add(DEFAULT, WorldBuilder(library.find("quiet-day")))
    with WorldServer(worlds) as mock:
        yield mock, director


@contextmanager
def held(mock: WorldServer) -> Iterator[None]:
    """The mock does nothing in the block, like on a machine that is very busy."""
    is_held, release = Event(), Event()

    def hold() -> None:
        is_held.set()
        release.wait()

    thread = Thread(target=mock.run_in_server_thread, args=(hold,))
    thread.start()
    is_held.wait()
    try:
        yield
    finally:
        release.set()
        thread.join()


def connect(mock: WorldServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", mock.port))


def send_and_read(mock: WorldServer, request: bytes) -> None:
    with connect(mock) as client:
        client.sendall(request)
        assert client.recv(12) == b"HTTP/1.1 200"
        while not client.recv(2**16).endswith(b"}"):
            pass


def undelivered(mock: WorldServer, director: Director) -> frozenset[int]:
    """The undelivered exchanges. The mock has seen the end of each connection before it answers this one."""
    send_and_read(mock, LIST % b"")
    return mock.run_in_server_thread(lambda: build_run(director, "exit", 0)).undelivered


@WAYS
def test_a_client_that_gave_up_before_the_mock_read_its_request(
    served: tuple[WorldServer, Director], header: bytes
) -> None:
    mock, director = served
    with held(mock), connect(mock) as client:
        client.sendall(LIST % header)
    assert undelivered(mock, director) == {1}


@WAYS
def test_a_client_that_took_its_answer(served: tuple[WorldServer, Director], header: bytes) -> None:
    mock, director = served
    send_and_read(mock, LIST % header)
    assert undelivered(mock, director) == frozenset()


def test_a_client_that_closes_the_connection_without_reading_its_second_answer(
    served: tuple[WorldServer, Director],
) -> None:
    mock, director = served
    with connect(mock) as client:
        client.sendall(LIST % b"")
        while not client.recv(2**16).endswith(b"}"):
            pass
        client.sendall(LIST % b"")
        select.select([client], [], [])
    assert undelivered(mock, director) == {2}
