"""What comes from the socket: bytes that are no HTTP, and HTTP that is rarely seen."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from workerkit.mockserver.server.app import MockApp
from workerkit.mockserver.server.protocol import Protocol
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

Raw = Callable[..., bytes]
AddTask = Callable[..., Task]

BASE = b"/api/v1/worker"
HEALTH = b"POST " + BASE + b"/health HTTP/1.1\r\n"
CLOSE = b"Connection: close\r\n"
UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
BAD_REQUEST = b'{"success":false,"error":"bad_request"}'


def key_line(key: str) -> bytes:
    return b"X-API-Key: %s\r\n" % key.encode()


def statuses(answer: bytes) -> list[int]:
    """The statuses of the answers that stand one after the other; no body may look like the next answer."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", answer)]


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/3.7\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"BREW / HTTP/1.1\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"GET ?limit=1 HTTP/1.1\r\n\r\n",
        b"GET /t\xc3\xa4sks HTTP/1.1\r\n\r\n",
        b"GET /tasks?\xff=1 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX-API Key: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nX-API-Key: a\x00b\r\n\r\n",
        b"CONNECT elsewhere.example:443 HTTP/1.1\r\n\r\n",
        b"CONNECT " + BASE + b"/health HTTP/1.1\r\n\r\n",
        HEALTH + b"Content-Length: two\r\n\r\n{}",
        HEALTH + b"Content-Length: -2\r\n\r\n{}",
        HEALTH + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        HEALTH + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEALTH + b"Transfer-Encoding: gzip\r\n\r\n{}",
        HEALTH + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_http_is_400_in_json_and_ends_the_connection(raw: Raw, world: World, data: bytes) -> None:
    head, _, body = raw(data).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json" in head
    assert b"content-length: %d" % len(BAD_REQUEST) in head
    assert body == BAD_REQUEST
    assert len(world.journal) == 0


def test_a_request_that_ends_too_soon_gets_no_answer(raw: Raw, world: World) -> None:
    assert raw(HEALTH + b"X-API-K", leave=True) == b""
    assert len(world.journal) == 0


def test_a_chunked_body_with_extensions_and_trailers_is_read(raw: Raw, world: World, key: str) -> None:
    body = b'1;a=1\r\n{\r\nb\r\n"ip": "::1"\r\n1\r\n}\r\n0\r\nX-Trailer: a\r\n\r\n'
    head = HEALTH + key_line(key) + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n"
    assert statuses(raw(head + body)) == [200]
    assert list(world.journal)[-1].request_body == b'{"ip": "::1"}'


def test_http_1_0_is_answered_and_closed(raw: Raw, key: str) -> None:
    assert statuses(raw(b"GET " + BASE + b"/tasks HTTP/1.0\r\n" + key_line(key) + b"\r\n")) == [200]


def test_pipelined_requests_are_answered_in_their_order(raw: Raw, key: str) -> None:
    own = key_line(key)
    first = b"GET " + BASE + b"/nothing HTTP/1.1\r\n" + own + b"\r\n"
    second = HEALTH + own + b"Content-Length: 2\r\n\r\n{}"
    third = HEALTH + own + CLOSE + b"Content-Length: 1\r\n\r\n{"
    assert statuses(raw(first + second + third)) == [404, 200, 400]


def test_a_refused_request_does_not_end_the_connection(raw: Raw, key: str) -> None:
    refused = HEALTH + b"X-API-Key: nobody's\r\nContent-Length: 9\r\n\r\nno json!!"
    assert statuses(raw(refused + refused + HEALTH + key_line(key) + CLOSE + b"\r\n")) == [401, 401, 400]


def test_a_client_that_asks_first_is_told_to_go_on(mock: MockServer, key: str) -> None:
    head = HEALTH + key_line(key) + CLOSE + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection((mock.host, mock.port), timeout=120) as connection:
        connection.sendall(head)
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


# In one piece or in many: the same

PUT = b'{"status": "running", "note": "\xc3\xa4"}'
REQUESTS = [
    (b"POST ", b"/health", b'{"ip": "::1"}'),
    (b"POST ", b"/health", b"no json"),
    (b"PUT ", b"/tasks/00000000-0000-4000-8000-000000000000", PUT),
    (b"GET ", b"/tasks?limit=2&status=pending", b""),
    (b"HEAD ", b"/tasks", b""),
    (b"GET ", b"/tasks/%62ulk", b""),
    (b"GET ", b"/nothing", b""),
]


def written(request: tuple[bytes, bytes, bytes], key: str, extra: bytes = b"") -> bytes:
    method, path, body = request
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    return b"%s%s%s HTTP/1.1\r\n%s%s%s\r\n%s" % (method, BASE, path, key_line(key), length, extra, body)


class Conversation:
    """A connection on which portions are sent one by one: the mock has read one before the next goes out."""

    def __init__(self, mock: MockServer) -> None:
        self._mock = mock
        self._connection = socket.socket()
        self._connection.settimeout(120)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)

    def __enter__(self) -> Conversation:
        self._connection.connect((self._mock.host, self._mock.port))
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def say(self, *portions: bytes) -> None:
        for portion in portions:
            self._connection.sendall(portion)
            for _ in range(2):  # a turn of the loop each
                self._mock.ask(lambda: None)

    def rest(self) -> bytes:
        """All that comes until the mock closes the connection."""
        return b"".join(iter(lambda: self._connection.recv(65536), b""))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=4),
    cuts=st.sets(st.integers(1, 600), max_size=5),
)
def test_requests_in_any_portions_are_answered_as_in_one(
    mock: MockServer,
    world: World,
    key: str,
    add_task: AddTask,
    chosen: list[tuple[bytes, bytes, bytes]],
    cuts: set[int],
) -> None:
    every = [written(request, key) for request in chosen] + [written(REQUESTS[0], key, CLOSE)]
    data = b"".join(every)
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    before = world.journal.count
    answered = []
    for portions in (every, [data[a:b] for a, b in pairwise(places)], [data]):
        with Conversation(mock) as conversation:
            conversation.say(*portions)
            answered.append(conversation.rest())
    assert answered[0] == answered[1] == answered[2]
    noted = [replace(exchange, number=0) for exchange in list(world.journal)[before:]]
    assert noted == noted[: len(every)] * 3


def test_a_body_in_a_hundred_portions_is_read(mock: MockServer, world: World, key: str) -> None:
    body = b'{"ip": "' + b"1" * 190 + b'"}'
    data = written((b"POST ", b"/health", body), key) + written(REQUESTS[0], key, CLOSE)
    with Conversation(mock) as conversation:
        conversation.say(*(data[place : place + 3] for place in range(0, len(data), 3)))
        assert statuses(conversation.rest()) == [200, 200]
    assert next(iter(world.journal)).request_body == body


def test_a_head_whose_body_never_comes_gets_no_answer(mock: MockServer, world: World, key: str) -> None:
    with Conversation(mock) as conversation:
        conversation.say(written(REQUESTS[0], key), written(REQUESTS[0], key)[:-1])
    mock.ask(lambda: None)
    assert [exchange.status for exchange in world.journal] == [200]


def test_the_control_plane_answers_between_two_answers_of_the_api(mock: MockServer, key: str) -> None:
    asked = b"GET /_mock/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    own = written(REQUESTS[0], key)
    with Conversation(mock) as conversation:
        conversation.say(own, asked, own, own + asked + own, written(REQUESTS[0], key, CLOSE))
        assert statuses(conversation.rest()) == [200] * 7


def test_a_body_is_no_request_whatever_it_looks_like(mock: MockServer, world: World, key: str) -> None:
    own = written(REQUESTS[0], key)
    refused = b"POST /_mock/worlds HTTP/1.1\r\nHost: elsewhere.example\r\n"
    length = b"Content-Length: %d\r\n\r\n" % len(own)
    with Conversation(mock) as conversation:
        conversation.say(refused + length, own, written(REQUESTS[0], key, CLOSE))
        assert statuses(conversation.rest()) == [403, 200]
    assert world.journal.count == 1


def test_a_head_goes_on_whatever_its_next_part_looks_like(mock: MockServer, world: World, key: str) -> None:
    with Conversation(mock) as conversation:
        conversation.say(HEALTH + b"X-Odd: ", written(REQUESTS[0], key), written(REQUESTS[0], key, CLOSE))
        assert statuses(conversation.rest()) == [200, 200]
    assert dict(next(iter(world.journal)).request_headers)["x-odd"].startswith("POST /api/")


def test_a_reader_who_does_not_read_holds_back_answers_and_loses_none(
    mock: MockServer, world: World, key: str, add_task: AddTask
) -> None:
    for _ in range(100):
        add_task(status="pending")
    page = written((b"GET ", b"/tasks?limit=100", b""), key)
    with Conversation(mock) as conversation:
        conversation.say(*[page] * 150)
        assert world.journal.count < 150
        conversation.say(page * 10, written(REQUESTS[0], key, CLOSE))
        assert statuses(conversation.rest()) == [200] * 161


# How long a connection is kept


class Timers:
    """A loop whose time passes by hand: it only has timers."""

    def __init__(self) -> None:
        self._now, self._due = 0.0, dict[Timer, float]()

    def time(self) -> float:
        return self._now

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer = Timer(self._due, call)
        self._due[timer] = self._now + seconds
        return timer

    def pass_until(self, time: float) -> None:
        self._now = time
        for timer in [each for each, due in self._due.items() if due <= time]:
            del self._due[timer]
            timer.call()


@dataclass(frozen=True, eq=False)
class Timer:
    due: dict[Timer, float]
    call: Callable[[], None]

    def cancel(self) -> None:
        self.due.pop(self, None)


class Peer(asyncio.Transport):
    """The other end of a connection without a socket."""

    def __init__(self) -> None:
        super().__init__()
        self.got, self.is_closed = b"", False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.got += bytes(data)

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True


def test_a_connection_is_closed_when_nothing_came_for_a_while_since_the_last_answer() -> None:
    worlds, timers, peer = Worlds(), Timers(), Peer()
    worlds.add(DEFAULT, WorldBuilder(seed=1, tasks=False))
    config = uvicorn.Config(MockApp(worlds, host="127.0.0.1"), timeout_keep_alive=60, log_config=None)
    loop = cast(asyncio.AbstractEventLoop, timers)
    connection = Protocol(config=config, server_state=ServerState(), app_state={}, _loop=loop)
    connection.connection_made(peer)
    own = written(REQUESTS[0], "server-01-key")
    for time in (0, 59, 118):
        timers.pass_until(time)
        connection.data_received(own)
    timers.pass_until(177)
    connection.data_received(own[:-1])
    timers.pass_until(500)
    connection.data_received(own[-1:])
    timers.pass_until(559)
    assert (statuses(peer.got), peer.is_closed) == ([200] * 4, False)
    timers.pass_until(560)
    assert peer.is_closed


# A client that would rather speak another protocol, as the HttpClient of Java says with every request


@pytest.mark.parametrize("wish", [UPGRADE, b"Connection: Upgrade\r\nUpgrade: websocket\r\n"])
def test_a_wish_to_upgrade_is_read_over(raw: Raw, world: World, key: str, wish: bytes) -> None:
    head = HEALTH + key_line(key) + wish + b"Content-Length: 13\r\n\r\n"
    last = HEALTH + key_line(key) + CLOSE + b"Content-Length: 2\r\n\r\n{}"
    assert statuses(raw(head + b'{"ip": "::1"}' + last)) == [200, 200]
    assert next(iter(world.journal)).request_body == b'{"ip": "::1"}'


def test_a_wish_to_upgrade_is_read_over_before_a_chunked_body_too(raw: Raw, key: str) -> None:
    head = HEALTH + key_line(key) + UPGRADE + b"Transfer-Encoding: chunked\r\n\r\n"
    last = HEALTH + key_line(key) + CLOSE + b"Content-Length: 2\r\n\r\n{}"
    assert statuses(raw(head + b"2\r\n{}\r\n0\r\n\r\n" + last)) == [200, 200]


def test_a_body_that_comes_after_its_head_belongs_to_it_in_spite_of_the_wish(
    mock: MockServer, key: str
) -> None:
    with socket.create_connection((mock.host, mock.port), timeout=120) as connection:
        for part in (HEALTH + key_line(key), UPGRADE, b"Content-Length: 2\r\n\r\n", b"{", b"}"):
            connection.sendall(part)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_many_wishes_in_one_packet_are_read_over(raw: Raw, key: str) -> None:
    wish = b"GET / HTTP/1.1\r\n" + UPGRADE + b"\r\n"
    last = HEALTH + key_line(key) + CLOSE + b"Content-Length: 2\r\n\r\n{}"
    assert statuses(raw(wish * 400 + last)) == [404] * 400 + [200]


# Anything at all

METHODS = [b"GET", b"POST", b"PUT", b"OPTIONS", b"HEAD", b"CONNECT"]
TARGETS = [
    BASE + b"/tasks",
    BASE + b"/tasks?limit=%ff",
    BASE + b"/tasks/bulk",
    BASE + b"/health",
    b"/_mock/worlds",
    b"/_mock/worlds/%00/clock",
    b"/_mock/health",
    b"*",
]
LINES = [
    b"Host: [\r\n",
    b"Origin: http://[\r\n",
    b"Sec-Fetch-Site: none\r\n",
    b"Content-Type: application/json\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Expect: 100-continue\r\n",
    b"Connection: close\r\n",
    UPGRADE,
    b"X-Odd: \xff\xfe\r\n",
    b" folded\r\n",
    b"\r\n",
]
BODIES = [b"", b"{}", b'{"items": []}', b"2\r\n{}\r\n0\r\n\r\n", b"0\r\n\r\n", b"[" * 2000]


def odd(usual: list[bytes], most: int) -> st.SearchStrategy[bytes]:
    """Some of the usual pieces, with a few bytes of anything among them now and then."""
    return st.lists(st.sampled_from(usual * 3) | st.binary(max_size=4), max_size=most).map(b"".join)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_bytes_at_all_make_a_500(
    raw: Raw, world: World, key: str, caplog: pytest.LogCaptureFixture, data: st.DataObject
) -> None:
    first = b"%s %s" % (data.draw(st.sampled_from(METHODS)), data.draw(st.sampled_from(TARGETS)))
    first += data.draw(st.just(b"") | odd([b"%2F", b"?", b"#", b"/..", b"limit=1"], 2))
    body = data.draw(st.sampled_from(BODIES) | odd(BODIES, 3))
    usual = [b"Host: localhost\r\n", key_line(key), b"Content-Length: %d\r\n" % len(body)]
    lines = data.draw(st.sampled_from([b"".join(usual), *usual])) + data.draw(odd([*LINES, *usual], 4))
    answers = raw(first + b" HTTP/1.1\r\n" + lines + b"\r\n" + body, leave=True)
    assert b" 500 " not in answers
    assert all(exchange.status != 500 for exchange in world.journal)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    for head in re.findall(rb"HTTP/1\.1 [2-5].*?\r\n\r\n", answers, re.DOTALL):
        assert b"content-type: application/json" in head
