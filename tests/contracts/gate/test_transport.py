"""The connections to the target, on real sockets. The clock for time limits is a fake."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest
import requests

from tests.contracts.fake_clock import FakeClock
from tests.contracts.raw_server import Behaviour, answering, listening, read_request
from workerkit.contracts.gate import transport as transport_module
from workerkit.contracts.gate.no_answer import NoAnswerError
from workerkit.contracts.gate.transport import Transport
from workerkit.contracts.target.target import Target

PATIENCE = 60.0
OK = b"HTTP/1.1 200 OK\r\n"
END = b"\r\n\r\n"
# The kernel and the client buffer at most a part of such a body.
LONG_BODY = b"x" * 500_000
Send = Callable[..., requests.Response]


@contextmanager
def transport_to(address: str, clock: FakeClock | None = None) -> Iterator[Send]:
    """Opens a transport to a host and port. Gives a function that sends one request."""
    base_url = f"http://{address}/api/v1/worker"
    transport = Transport(Target(base_url, "the-key"), PATIENCE, (clock or FakeClock()).time)

    def send(path: str = "/tasks", method: str = "GET", body: bytes = b"") -> requests.Response:
        request = requests.Request(method, "http://unused/", data=body).prepare()
        request.url = base_url + path
        return transport.fetch(request)

    try:
        yield send
    finally:
        transport.close()


@contextmanager
def transport_to_server(behaviour: Behaviour, clock: FakeClock | None = None) -> Iterator[Send]:
    """Starts a server with this behaviour on this machine, and opens a transport to it."""
    with listening(behaviour) as port, transport_to(f"127.0.0.1:{port}", clock) as send:
        yield send


def with_length(body: bytes, headers: bytes = b"") -> bytes:
    return OK + headers + f"Content-Length: {len(body)}".encode() + END + body


def answering_all(answer: Callable[[], bytes], connections: Iterator[int]) -> Behaviour:
    """Answers all requests of a connection. Calls `next(connections)` for each new connection."""

    def behaviour(connection: socket.socket) -> None:
        next(connections)
        while read_request(connection):
            connection.sendall(answer())

    return behaviour


def test_path_query_and_body_arrive_unchanged_and_the_answer_is_complete() -> None:
    received: list[bytes] = []

    def behaviour(connection: socket.socket) -> None:
        received.append(read_request(connection))
        connection.sendall(with_length(b'{"data": []}', b"X-Mark: one\r\n"))

    with transport_to_server(behaviour) as send:
        response = send("/tasks/%2E%2E/a%20b?x=%31&x=2", "PUT", b"\x00{")
    assert (response.status_code, response.content) == (200, b'{"data": []}')
    assert response.headers["x-mark"] == "one"
    head, _, body = received[0].partition(END)
    assert head.split(b"\r\n")[0] == b"PUT /api/v1/worker/tasks/%2E%2E/a%20b?x=%31&x=2 HTTP/1.1"
    assert body == b"\x00{"


def test_requests_share_one_connection() -> None:
    connections = count()
    with transport_to_server(answering_all(lambda: with_length(b"{}"), connections)) as send:
        assert [send().content for _ in range(3)] == [b"{}"] * 3
    assert next(connections) == 1


def test_an_answer_with_gzip_is_decoded() -> None:
    body = gzip.compress(b'{"total": 7}')
    with transport_to_server(answering(with_length(body, b"Content-Encoding: gzip\r\n"))) as send:
        assert send().content == b'{"total": 7}'


def test_a_chunked_answer_is_read_to_its_end() -> None:
    parts = (OK + b"Transfer-Encoding: chunked" + END, b"3\r\nabc\r\n", b"2\r\nde\r\n", b"0\r\n\r\n")
    with transport_to_server(answering(*parts)) as send:
        assert send().content == b"abcde"


def test_an_answer_of_the_longest_length_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MOST_ANSWER_BYTES", 1000)
    with transport_to_server(answering(with_length(b"x" * 1000))) as send:
        assert len(send().content) == 1000


def test_after_a_too_long_answer_the_next_request_uses_a_new_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport_module, "MOST_ANSWER_BYTES", 1000)
    connections = count()
    answers = iter([with_length(LONG_BODY), with_length(b"second")])
    with transport_to_server(answering_all(lambda: next(answers), connections)) as send:
        with pytest.raises(NoAnswerError, match=r"the answer has more than \d+ MiB; the rest was not read"):
            send()
        assert send().content == b"second"
    assert next(connections) == 2


def test_an_answer_that_is_not_complete_at_the_time_limit_ends_with_an_error() -> None:
    clock, connections = FakeClock(), count()

    def behaviour(connection: socket.socket) -> None:
        read_request(connection)
        if next(connections):
            connection.sendall(with_length(b"second"))
            return
        connection.sendall(OK + f"Content-Length: {len(LONG_BODY)}".encode() + END)
        clock.now = PATIENCE + 1
        connection.sendall(LONG_BODY)

    with transport_to_server(behaviour, clock) as send:
        with pytest.raises(NoAnswerError, match="no complete answer came within 60 s"):
            send()
        assert send().content == b"second"


def test_a_slow_answer_before_the_time_limit_is_read() -> None:
    clock = FakeClock()

    def behaviour(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK + f"Content-Length: {len(LONG_BODY)}".encode() + END)
        clock.now = PATIENCE - 1
        connection.sendall(LONG_BODY)

    with transport_to_server(behaviour, clock) as send:
        assert send().content == LONG_BODY


def test_a_connection_that_is_closed_without_an_answer_is_an_error() -> None:
    with (
        transport_to_server(answering()) as send,
        pytest.raises(NoAnswerError, match="the connection was closed before an answer came"),
    ):
        send()


def test_a_port_where_nobody_listens_is_an_error() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with (
            transport_to(f"127.0.0.1:{unused.getsockname()[1]}") as send,
            pytest.raises(
                NoAnswerError, match="the connection was refused: check that the server is running"
            ),
        ):
            send()


def test_only_requests_to_other_machines_use_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[bytes] = []

    def proxy(connection: socket.socket) -> None:
        received.append(read_request(connection))
        connection.sendall(with_length(b"proxy"))

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with listening(proxy) as proxy_port:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy_port}")
        with transport_to_server(answering(with_length(b"target"))) as send:
            assert send().content == b"target"
        with transport_to("staging.example") as send:
            assert send().content == b"proxy"
    assert [request.split(b"\r\n")[0] for request in received] == [
        b"GET http://staging.example/api/v1/worker/tasks HTTP/1.1"
    ]
