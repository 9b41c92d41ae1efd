"""The recorder between a client and a server: nothing is changed on the way, and all of it is heard."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mockserver.capsules.conftest import SECONDS, proxying, raw
from workerkit.mockserver.capsules.file.capsule import Ending, Recorded
from workerkit.mockserver.capsules.http.client import Address
from workerkit.mockserver.capsules.http.framing import Framer, NotHttpError, Piece
from workerkit.mockserver.capsules.record.exchange_assembler import Listener
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.faults import FAULTS

KEY = "server-01-key"
SHORT = 0.4
# Each kind of fault, with what makes it quick and its answer the same each time; and how it is recorded.
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
def mock_with(kind: str | None, **parameters: Any) -> Iterator[tuple[Address, list[str]]]:
    """A mock whose clock stands, with a fault, and the ids of the tasks of its first server."""
    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=3, timer=lambda: 0.0)).world
    if kind is not None:
        add_described_fault(world, {"fault": kind, **parameters})
    own = [task.id for task in world.tasks.values() if task.server == "server-01"]
    with MockServer(worlds) as mock:
        yield Address(mock.host, mock.port, f"{mock.host}:{mock.port}"), own


def request_for(kind: str, own: list[str]) -> bytes:
    if kind in ("partial-bulk", "unapplied"):
        items = [{"link_id": each, "status": "running"} for each in own[:2]]
        body = json.dumps({"items": items}).encode()
        return asking("PUT /api/v1/worker/tasks/bulk", f"content-length: {len(body)}\r\n", body)
    if kind == "skewed-time":
        return asking("POST /api/v1/worker/health", "content-length: 2\r\n", b"{}")
    return asking("GET /api/v1/worker/tasks?limit=20")


def asking(what: str, more: str = "", body: bytes = b"") -> bytes:
    head = f"{what} HTTP/1.1\r\nHost: worker.example\r\nX-API-Key: {KEY}\r\nConnection: close\r\n{more}\r\n"
    return head.encode() + body


def test_every_kind_of_fault_is_tried() -> None:
    assert set(CASES) == set(FAULTS)


@pytest.mark.parametrize("kind", CASES)
def test_a_client_sees_of_a_fault_what_it_sees_without_the_recorder(kind: str) -> None:
    parameters, ending = CASES[kind]
    patience = SHORT if kind == "hang" else SECONDS
    with mock_with(kind, **parameters) as (server, own):
        direct = raw(server, request_for(kind, own), patience=patience)
    heard: list[Recorded] = []
    with mock_with(kind, **parameters) as (server, own), proxying(server, heard.append) as here:
        assert raw(here, request_for(kind, own), patience=patience) == direct
    assert [each.ending for each in heard] == [ending]


@contextmanager
def echoing(answer: Callable[[bytes], bytes]) -> Iterator[tuple[Address, list[bytes]]]:
    """A server that takes what comes on one connection until it pauses, and answers bytes."""
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(SECONDS)
                while data := connection.recv(65536):
                    came.append(data)
                    connection.sendall(answer(b"".join(came)))

        thread = threading.Thread(target=serve)
        thread.start()
        yield Address("127.0.0.1", port, f"api.example:{port}"), came
        thread.join()


@contextmanager
def through(
    answer: Callable[[bytes], bytes], listener: Listener
) -> Iterator[tuple[Address, list[bytes], socket.socket]]:
    """Such a server behind a proxy, what came to it, and a client of the proxy."""
    with (
        echoing(answer) as (server, came),
        proxying(server, listener) as here,
        socket.create_connection((here.name, here.port), timeout=SECONDS) as client,
    ):
        yield server, came, client


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


def test_only_the_host_header_is_changed() -> None:
    request = (
        b"PUT /api/v1/worker/tasks/bulk?a=%20b HTTP/1.1\r\nhOST:   old.example\r\nX-Odd:  a  \r\n"
        b"transfer-encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: 1\r\n\r\n"
    )
    with through(lambda came: OK, lambda recorded: None) as (server, came, client):
        client.sendall(request)
        assert client.recv(65536) == OK
    assert b"".join(came) == request.replace(b"hOST:   old.example", f"Host: {server.host}".encode())


def test_two_requests_in_one_piece_are_two_exchanges() -> None:
    request = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
    heard: list[Recorded] = []
    with through(lambda came: OK * came.count(b"GET"), heard.append) as (_, _, client):
        client.sendall(request + request.replace(b"/a", b"/b"))
        got = b""
        while len(got) < 2 * len(OK):
            got += client.recv(65536)
    told = [(each.exchange.path, each.exchange.answer_body) for each in heard]
    assert told == [("/a", b"OK"), ("/b", b"OK")]


ELSEWHERE = (
    "GET http://elsewhere.example/ HTTP/1.1",
    "CONNECT elsewhere.example:443 HTTP/1.1",
    "GET * HTTP/1.1",
)


@pytest.mark.parametrize("line", ELSEWHERE)
def test_a_request_for_elsewhere_is_refused(line: str) -> None:
    heard: list[Recorded] = []
    with mock_with(None) as (server, _), proxying(server, heard.append) as here:
        got, ended = raw(here, f"{line}\r\nHost: x\r\nX-API-Key: {KEY}\r\n\r\n".encode())
    assert got.startswith(b"HTTP/1.1 400 ")
    assert (ended, heard) == ("closed", [])


def test_a_redirect_is_passed_on_and_not_followed() -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    heard: list[Recorded] = []
    with through(lambda came: answer, heard.append) as (_, _, client):
        client.sendall(b"GET /api HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(65536) == answer
    assert [each.exchange.status for each in heard] == [302]


def test_a_server_that_is_gone_is_a_reset() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    heard: list[Recorded] = []
    with proxying(Address("127.0.0.1", port, "gone.example"), heard.append) as here:
        assert raw(here, b"") == (b"", "reset")
    assert heard == []


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
def test_bytes_come_back_as_they_were_however_they_are_cut(names: list[str], data: st.DataObject) -> None:
    stream = b"".join(MESSAGES[name] for name in names)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    framer = Framer(answers=True)
    pieces: list[Piece] = []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        pieces += framer.feed(stream[begin:end])
    assert b"".join(piece.raw for piece in pieces) == stream
    assert b"".join(piece.payload for piece in pieces) == b"hello" * sum(name != "none" for name in names)
    assert sum(piece.last for piece in pieces) == len(names)
    assert framer.is_between


@pytest.mark.parametrize(
    "data",
    [
        b"\0\1\2",
        b"HTTP/1.1 what\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        MESSAGES["chunks"].replace(b"3\r\n", b"zz\r\n"),
        MESSAGES["chunks"].replace(b"hel\r\n", b"helo\r\n"),
    ],
)
def test_what_is_no_http_is_told_and_kept(data: bytes) -> None:
    framer = Framer(answers=True)
    pieces: list[bytes] = []
    with pytest.raises(NotHttpError):
        pieces.extend(each.raw for each in framer.feed(data))
    assert b"".join(pieces) + framer.rest == data
