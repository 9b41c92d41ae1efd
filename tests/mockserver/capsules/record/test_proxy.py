"""The recording proxy changes nothing between client and server, and reports all exchanges."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mockserver.capsules.conftest import SECONDS, proxying, raw
from workerkit.mockserver.capsules.file.capsule import Ending, RecordedExchange
from workerkit.mockserver.capsules.http.client import Address
from workerkit.mockserver.capsules.http.framing import Framer, NotHttpError, Piece
from workerkit.mockserver.capsules.record.exchange_assembler import ExchangeListener
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.faults import FAULTS

KEY = "server-01-key"
SHORT = 0.4
# For each fault: parameters that make it fast and its answers reproducible, and the recorded ending.
CASES: dict[str, tuple[dict[str, Any], Ending]] = {
    "status": ({"status": 503}, Ending.WHOLE),
    "key-refused": ({}, Ending.WHOLE),
    "rate-limit": ({"allowed": 0}, Ending.WHOLE),
    "hang": ({}, Ending.HUNG),
    "reset": ({}, Ending.RESET),
    "empty-answer": ({}, Ending.CLOSED),
    "latency-fixed": ({"seconds": "20ms"}, Ending.WHOLE),
    "latency-uniform": ({"least": "1ms", "most": "20ms"}, Ending.WHOLE),
    "latency-lognormal": ({"median": "5ms"}, Ending.WHOLE),
    "bandwidth": ({"rate": 500_000}, Ending.WHOLE),
    "dribble": ({}, Ending.WHOLE),
    "reset-in-body": ({}, Ending.RESET_IN_ANSWER),
    "close-in-body": ({}, Ending.CUT),
    "malformed-chunk": ({}, Ending.GARBLED),
    "truncated-json": ({}, Ending.WHOLE),
    "wrong-content-type": ({}, Ending.WHOLE),
    "garbage": ({}, Ending.GARBLED),
    "lost-answer": ({"by": "close"}, Ending.CLOSED),
    "unapplied": ({}, Ending.WHOLE),
    "partial-bulk": ({"then": "lost"}, Ending.RESET),
    "listed-twice": ({}, Ending.WHOLE),
    "handed-over": ({"to": "server-02"}, Ending.WHOLE),
    "stale-page": ({}, Ending.WHOLE),
    "skewed-time": ({"by": "3h"}, Ending.WHOLE),
}


@contextmanager
def mock_with(fault: str | None, **parameters: Any) -> Iterator[tuple[Address, list[str]]]:
    """A mock with a stopped clock and this fault. Yields its address and the task ids of its first server."""
    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=3, timer=lambda: 0.0)).world
    if fault is not None:
        add_described_fault(world, {"fault": fault, **parameters})
    own = [task.id for task in world.tasks.values() if task.server == "server-01"]
    with WorldServer(worlds) as mock:
        yield Address(mock.host, mock.port, f"{mock.host}:{mock.port}"), own


def request_for(fault: str, own: list[str]) -> bytes:
    if fault in ("partial-bulk", "unapplied"):
        items = [{"link_id": task_id, "status": "running"} for task_id in own[:2]]
        body = json.dumps({"items": items}).encode()
        return request_bytes("PUT /api/v1/worker/tasks/bulk", f"content-length: {len(body)}\r\n", body)
    if fault == "skewed-time":
        return request_bytes("POST /api/v1/worker/health", "content-length: 2\r\n", b"{}")
    return request_bytes("GET /api/v1/worker/tasks?limit=20")


def request_bytes(target: str, headers: str = "", body: bytes = b"") -> bytes:
    fixed = f"Host: worker.example\r\nX-API-Key: {KEY}\r\nConnection: close\r\n"
    return f"{target} HTTP/1.1\r\n{fixed}{headers}\r\n".encode() + body


def test_every_fault_of_a_shared_port_is_tested() -> None:
    assert set(CASES) == {name for name, fault in FAULTS.items() if not fault.needs_own_port}


@pytest.mark.parametrize("fault", CASES)
def test_a_client_sees_each_fault_as_without_the_proxy(fault: str) -> None:
    parameters, ending = CASES[fault]
    timeout = SHORT if fault == "hang" else SECONDS
    with mock_with(fault, **parameters) as (server, own):
        direct = raw(server, request_for(fault, own), timeout=timeout)
    exchanges: list[RecordedExchange] = []
    with mock_with(fault, **parameters) as (server, own), proxying(server, exchanges.append) as proxy:
        assert raw(proxy, request_for(fault, own), timeout=timeout) == direct
    assert [exchange.ending for exchange in exchanges] == [ending]


@contextmanager
def one_connection_server(answer: Callable[[bytes], bytes]) -> Iterator[tuple[Address, list[bytes]]]:
    """A server for one connection. After each read it sends `answer(all received bytes)`.

    Yields its address and the list of the received bytes.
    """
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(SECONDS)
                while data := connection.recv(65536):
                    received.append(data)
                    connection.sendall(answer(b"".join(received)))

        thread = threading.Thread(target=serve)
        thread.start()
        yield Address("127.0.0.1", port, f"api.example:{port}"), received
        thread.join()


@contextmanager
def proxied_server(
    answer: Callable[[bytes], bytes], listener: ExchangeListener
) -> Iterator[tuple[Address, list[bytes], socket.socket]]:
    """A `one_connection_server` behind a proxy.

    Yields the server's address, the bytes it receives, and a client's connection to the proxy.
    """
    with (
        one_connection_server(answer) as (server, received),
        proxying(server, listener) as proxy,
        socket.create_connection((proxy.name, proxy.port), timeout=SECONDS) as client,
    ):
        yield server, received, client


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


def test_only_the_host_header_is_changed() -> None:
    request = (
        b"PUT /api/v1/worker/tasks/bulk?a=%20b HTTP/1.1\r\nhOST:   old.example\r\nX-Odd:  a  \r\n"
        b"transfer-encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: 1\r\n\r\n"
    )
    with proxied_server(lambda received: OK, lambda recorded: None) as (server, received, client):
        client.sendall(request)
        assert client.recv(65536) == OK
    assert b"".join(received) == request.replace(b"hOST:   old.example", f"Host: {server.host}".encode())


def test_two_requests_in_one_piece_are_two_exchanges() -> None:
    request = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
    exchanges: list[RecordedExchange] = []
    with proxied_server(lambda received: OK * received.count(b"GET"), exchanges.append) as (_, _, client):
        client.sendall(request + request.replace(b"/a", b"/b"))
        got = b""
        while len(got) < 2 * len(OK):
            got += client.recv(65536)
    answers = [(recorded.exchange.path, recorded.exchange.answer_body) for recorded in exchanges]
    assert answers == [("/a", b"OK"), ("/b", b"OK")]


WRONG_TARGETS = (
    "GET http://elsewhere.example/ HTTP/1.1",
    "CONNECT elsewhere.example:443 HTTP/1.1",
    "GET * HTTP/1.1",
)


@pytest.mark.parametrize("line", WRONG_TARGETS)
def test_a_request_for_another_server_is_refused(line: str) -> None:
    exchanges: list[RecordedExchange] = []
    with mock_with(None) as (server, _), proxying(server, exchanges.append) as proxy:
        got, ended = raw(proxy, f"{line}\r\nHost: x\r\nX-API-Key: {KEY}\r\n\r\n".encode())
    assert got.startswith(b"HTTP/1.1 400 ")
    assert (ended, exchanges) == ("closed", [])


def test_a_redirect_is_passed_on_and_not_followed() -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    exchanges: list[RecordedExchange] = []
    with proxied_server(lambda received: answer, exchanges.append) as (_, _, client):
        client.sendall(b"GET /api HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(65536) == answer
    assert [recorded.exchange.status for recorded in exchanges] == [302]


def test_a_missing_server_is_a_reset_for_the_client() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    exchanges: list[RecordedExchange] = []
    with proxying(Address("127.0.0.1", port, "gone.example"), exchanges.append) as proxy:
        assert raw(proxy, b"") == (b"", "reset")
    assert exchanges == []


MESSAGES = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "none": b"HTTP/1.1 204 No Content\r\n\r\n",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\nX: y\r\n\r\n",
    "interim": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "bare lines": b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
}


@settings(max_examples=60, deadline=None)
@given(names=st.lists(st.sampled_from(sorted(MESSAGES)), min_size=1, max_size=4), data=st.data())
def test_the_framer_returns_the_same_bytes_wherever_they_are_cut(
    names: list[str], data: st.DataObject
) -> None:
    stream = b"".join(MESSAGES[name] for name in names)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    framer = Framer(answers=True)
    pieces: list[Piece] = []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        pieces += framer.feed(stream[begin:end])
    assert b"".join(piece.raw for piece in pieces) == stream
    assert b"".join(piece.payload for piece in pieces) == b"hello" * sum(name != "none" for name in names)
    assert sum(piece.last for piece in pieces) == len(names)
    assert framer.is_between_messages


# Python reads most of these as numbers, or refuses them with an error of its own.
NO_LENGTHS = (b"+3", b"-3", b"0_3", b"0x3", b"9" * 5_000)


@pytest.mark.parametrize("number", [b"5", b"0" * 5_000 + b"5"])
def test_a_number_may_begin_with_zeros(number: bytes) -> None:
    framer = Framer(answers=True)
    pieces = list(framer.feed(MESSAGES["length"].replace(b" 5\r\n", b" " + number + b"\r\n")))
    assert (pieces[-1].last, pieces[-1].payload) == (True, b"hello")


@pytest.mark.parametrize("size", [*NO_LENGTHS, b"zz"])
def test_a_request_that_is_not_http_is_passed_on_whole_and_recorded_without_its_body(size: bytes) -> None:
    head = b"POST /api/v1/worker/logs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks, refusal = (
        b"1\r\n{\r\n" + size + b"\r\n}\r\n0\r\n\r\n",
        b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n",
    )
    exchanges: list[RecordedExchange] = []

    def answer(received: bytes) -> bytes:
        return refusal if received.endswith(chunks) else b""

    with proxied_server(answer, exchanges.append) as (server, received, client):
        client.sendall(head + chunks)
        assert client.recv(65536) == refusal
    assert b"".join(received) == head.replace(b"Host: x", b"Host: " + server.host.encode()) + chunks
    (recorded,) = exchanges
    assert (recorded.exchange.status, recorded.exchange.request_body) == (400, b"")
    assert recorded.lacks_request_body


def test_only_the_request_that_is_not_http_is_recorded_without_its_body() -> None:
    complete = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
    exchanges: list[RecordedExchange] = []

    def answer(received: bytes) -> bytes:
        return MESSAGES["length"] if received.endswith(b"?\r\n\r\n") else b""

    with proxied_server(answer, exchanges.append) as (_, _, client):
        client.sendall(complete + b"?\r\n\r\n")
        assert client.recv(65536) == MESSAGES["length"]
    assert [recorded.exchange.request_body for recorded in exchanges] == [b"{}"]
    assert not exchanges[0].lacks_request_body


def test_a_client_that_speaks_tls_is_told_so_at_once() -> None:
    exchanges: list[RecordedExchange] = []
    lines: list[str] = []
    context = ssl.create_default_context()
    with mock_with(None) as (server, _), proxying(server, exchanges.append, lines.append) as proxy:
        for _ in range(2):
            with (
                socket.create_connection((proxy.name, proxy.port), timeout=SECONDS) as client,
                pytest.raises(ssl.SSLError, match=r"VERSION|HTTP|version|http"),
            ):
                context.wrap_socket(client, server_hostname="localhost")
    assert exchanges == []
    assert lines == [
        "a client speaks TLS, but the recorder speaks plain HTTP: begin the base URL with http://"
    ]


def test_a_server_that_is_killed_ends_the_wait_of_the_client() -> None:
    code = (
        "import socket\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "print(server.getsockname()[1], flush=True)\n"
        "connection, _ = server.accept()\n"
        "connection.recv(65536)\n"
        "print('got it', flush=True)\n"
        "connection.recv(65536)\n"
    )
    exchanges: list[RecordedExchange] = []
    with subprocess.Popen((sys.executable, "-c", code), stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = Address("127.0.0.1", int(server.stdout.readline()), "api.example")
        with (
            proxying(address, exchanges.append) as proxy,
            socket.create_connection((proxy.name, proxy.port), timeout=SECONDS) as client,
        ):
            client.sendall(b"GET /api HTTP/1.1\r\nHost: x\r\n\r\n")
            server.stdout.readline()
            server.kill()
            assert client.recv(65536) == b""
    assert [recorded.ending for recorded in exchanges] == [Ending.CLOSED]


@pytest.mark.parametrize(
    "data",
    [
        b"\0\1\2",
        b"HTTP/1.1 what\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        MESSAGES["chunks"].replace(b"3\r\n", b"zz\r\n"),
        MESSAGES["chunks"].replace(b"hel\r\n", b"helo\r\n"),
        *(MESSAGES["length"].replace(b"5\r\n", number + b"\r\n") for number in NO_LENGTHS),
        *(MESSAGES["chunks"].replace(b"3\r\n", number + b"\r\n") for number in (*NO_LENGTHS, b"", b" 3")),
    ],
)
def test_bytes_that_are_not_http_are_refused_and_kept(data: bytes) -> None:
    framer = Framer(answers=True)
    pieces: list[bytes] = []
    with pytest.raises(NotHttpError):
        pieces.extend(piece.raw for piece in framer.feed(data))
    assert b"".join(pieces) + framer.unread == data
