"""Kept connections that a server closes, on real sockets: which requests are sent again."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from itertools import count

import pytest

from tests.contracts.gate.test_transport import transport_to_server, with_length
from tests.contracts.raw_server import Behaviour, read_request
from workerkit.contracts.gate.no_answer import NoAnswerError, NoAnswerKind

RESET = struct.pack("ii", 1, 0)
Ending = Callable[[socket.socket], None]


def close(_connection: socket.socket) -> None:
    """The end of the behaviour closes the connection."""


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


class Server:
    """Answers `answers` requests on each connection. Reads one more request, then ends the connection.

    received: the method of each request, with its number on its connection.
    """

    def __init__(self, answers: int, end: Ending = close, status: bytes = b"200") -> None:
        self.received: list[tuple[str, int]] = []
        self._answers = answers
        self._end = end
        self._status = status

    def __call__(self, connection: socket.socket) -> None:
        for number in count(1):
            request = read_request(connection)
            if not request:
                return
            self.received.append((request.split(b" ")[0].decode(), number))
            if number > self._answers:
                self._end(connection)
                return
            connection.sendall(with_length(b"{}").replace(b"200", self._status))


@pytest.mark.parametrize("end", [close, reset])
def test_a_get_on_a_kept_connection_that_is_closed_is_sent_again(end: Ending) -> None:
    server = Server(1, end)
    with transport_to_server(server) as send:
        assert [send().content for _ in range(3)] == [b"{}"] * 3
    assert server.received == [("GET", 1), ("GET", 2), ("GET", 1), ("GET", 2), ("GET", 1)]


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("end", [close, reset])
def test_a_write_never_uses_a_kept_connection(method: str, end: Ending) -> None:
    server = Server(1, end)
    with transport_to_server(server) as send:
        send()
        assert [send(method=method, body=b"{}").content for _ in range(2)] == [b"{}"] * 2
    assert server.received == [("GET", 1), (method, 1), (method, 1)]


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize("end", [close, reset])
def test_no_request_is_sent_again_after_a_new_connection_was_closed(method: str, end: Ending) -> None:
    server = Server(0, end)
    with transport_to_server(server) as send, pytest.raises(NoAnswerError) as caught:
        send(method=method, body=b"" if method == "GET" else b"{}")
    assert str(caught.value) == "the connection was closed before an answer came"
    assert caught.value.kind is NoAnswerKind.BROKEN
    assert server.received == [(method, 1)]


def test_a_get_is_not_sent_again_after_the_first_byte_of_an_answer() -> None:
    def behaviour(connection: socket.socket) -> None:
        for answer in (with_length(b"{}"), b"HTTP/1.1 2"):
            read_request(connection)
            connection.sendall(answer)

    with transport_to_server(behaviour) as send:
        send()
        with pytest.raises(NoAnswerError):
            send()


def test_an_idle_connection_that_the_server_has_closed_is_not_used() -> None:
    closed, connections = [], count()

    def behaviour(connection: socket.socket) -> None:
        next(connections)
        read_request(connection)
        connection.sendall(with_length(b"{}"))
        closed.append(connection)

    with transport_to_server(behaviour) as send:
        assert [send().content for _ in range(4)] == [b"{}"] * 4
    assert next(connections) == 4


def test_after_a_system_error_the_next_request_uses_a_new_connection() -> None:
    server = Server(5, status=b"500")
    with transport_to_server(server) as send:
        assert [send().status_code for _ in range(3)] == [500] * 3
    assert server.received == [("GET", 1)] * 3


@pytest.mark.parametrize("status", [b"100", b"102", b"103", b"199"])
def test_interim_answers_are_skipped(status: bytes) -> None:
    interim = b"HTTP/1.1 " + status + b" Early\r\nLink: </a>\r\n\r\n"
    answers = iter([interim * 2 + with_length(b"first"), with_length(b"second")])

    def behaviour(connection: socket.socket) -> None:
        while read_request(connection):
            connection.sendall(next(answers))

    with transport_to_server(behaviour) as send:
        assert [(send().content, send().content)] == [(b"first", b"second")]


def refusing(_connection: socket.socket) -> None:
    """Closes the connection before it reads anything."""


@pytest.mark.parametrize("behaviour", [refusing])
def test_a_connection_that_is_closed_before_the_request_is_read_is_an_error(behaviour: Behaviour) -> None:
    with transport_to_server(behaviour) as send, pytest.raises(NoAnswerError):
        send(method="PUT", body=b"x" * 10)
