"""Bytes from the socket: invalid HTTP, and HTTP that clients rarely send."""

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
import requests
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from workerkit.mockserver.server.app import MockApp
from workerkit.mockserver.server.protocol import Protocol
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

Raw = Callable[..., bytes]
AddTask = Callable[..., Task]

BASE = b"/api/v1/worker"
HOST = b"Host: mock.example\r\n"
HEALTH = b"POST " + BASE + b"/health HTTP/1.1\r\n" + HOST
CLOSE = b"Connection: close\r\n"
UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
BAD_REQUEST = b'{"success":false,"error":"bad_request"}'


def key_line(key: str) -> bytes:
    return b"X-API-Key: %s\r\n" % key.encode()


def statuses(answer: bytes) -> list[int]:
    """The statuses of several answers in a row. No body may contain text that looks like a status line."""
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
def test_invalid_http_gets_400_in_json_and_the_connection_is_closed(
    raw: Raw, world: World, data: bytes
) -> None:
    head, _, body = raw(data).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json" in head
    assert b"content-length: %d" % len(BAD_REQUEST) in head
    assert body == BAD_REQUEST
    assert len(world.journal) == 0


def test_an_incomplete_request_gets_no_answer(raw: Raw, world: World) -> None:
    assert raw(HEALTH + b"X-API-K", leave=True) == b""
    assert len(world.journal) == 0


def test_a_chunked_body_with_extensions_and_trailers_is_read(raw: Raw, world: World, key: str) -> None:
    body = b'1;a=1\r\n{\r\nb\r\n"ip": "::1"\r\n1\r\n}\r\n0\r\nX-Trailer: a\r\n\r\n'
    head = HEALTH + key_line(key) + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n"
    assert statuses(raw(head + body)) == [200]
    assert list(world.journal)[-1].request_body == b'{"ip": "::1"}'


def test_http_1_0_is_answered_and_the_connection_is_closed(raw: Raw, key: str) -> None:
    assert statuses(raw(b"GET " + BASE + b"/tasks HTTP/1.0\r\n" + key_line(key) + b"\r\n")) == [200]


def test_pipelined_requests_are_answered_in_order(raw: Raw, key: str) -> None:
    own = key_line(key)
    first = b"GET " + BASE + b"/nothing HTTP/1.1\r\n" + HOST + own + b"\r\n"
    second = HEALTH + own + b"Content-Length: 2\r\n\r\n{}"
    third = HEALTH + own + CLOSE + b"Content-Length: 1\r\n\r\n{"
    assert statuses(raw(first + second + third)) == [404, 200, 400]


def test_a_refused_request_does_not_end_the_connection(raw: Raw, key: str) -> None:
    refused = HEALTH + b"X-API-Key: unknown\r\nContent-Length: 9\r\n\r\nno json!!"
    assert statuses(raw(refused + refused + HEALTH + key_line(key) + CLOSE + b"\r\n")) == [401, 401, 400]


def test_a_client_that_expects_100_continue_gets_it(mock: WorldServer, key: str) -> None:
    head = HEALTH + key_line(key) + CLOSE + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection((mock.host, mock.port), timeout=120) as connection:
        connection.sendall(head)
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


# Header values


@pytest.mark.parametrize("blanks", [b" ", b"\t", b" \t "])
def test_blanks_around_the_value_of_a_header_are_not_part_of_it(
    raw: Raw, world: World, key: str, blanks: bytes
) -> None:
    own = b"X-API-Key:%b%b%b\r\n" % (blanks, key.encode(), blanks)
    plain = HEALTH + own + b"Content-Encoding: identity" + blanks + b"\r\nContent-Length: 2\r\n\r\n{}"
    last = HEALTH + own + CLOSE + b"Content-Length: 2\r\n\r\n{}"
    assert statuses(raw(plain + last)) == [200, 200]
    assert statuses(raw(plain, leave=True)) == [200]
    assert [dict(exchange.request_headers)["x-api-key"] for exchange in world.journal] == [key] * 3


@pytest.mark.parametrize(
    ("coding", "status"),
    [(b"identity", 200), (b"Identity", 200), (b"", 200), (b"IDENTITY, identity", 200), (b"GZIP", 400)],
)
def test_codings_are_compared_without_case(raw: Raw, key: str, coding: bytes, status: int) -> None:
    head = HEALTH + key_line(key) + CLOSE + b"Content-Encoding: %b\r\nContent-Length: 2\r\n\r\n{}"
    assert statuses(raw(head % coding)) == [status]


def test_a_second_coding_is_not_overlooked(raw: Raw, key: str) -> None:
    codings = b"Content-Encoding: identity\r\nContent-Encoding: br\r\n"
    assert statuses(raw(HEALTH + key_line(key) + CLOSE + codings + b"Content-Length: 2\r\n\r\n{}")) == [400]


@pytest.mark.parametrize("hosts", [b"", b"Host: a\r\nHost: b\r\n", HOST + HOST])
@pytest.mark.parametrize("extra", [b"", CLOSE, UPGRADE])
@pytest.mark.parametrize("path", [BASE + b"/tasks", b"/_mock/health", b"/docs"])
def test_a_request_without_host_or_with_two_gets_400(
    raw: Raw, world: World, key: str, path: bytes, hosts: bytes, extra: bytes
) -> None:
    answer = raw(b"GET %b HTTP/1.1\r\n%b%b%b\r\n" % (path, hosts, key_line(key), extra))
    assert (statuses(answer), answer.partition(b"\r\n\r\n")[2]) == ([400], BAD_REQUEST)
    assert len(world.journal) == 0


def test_http_1_0_with_two_hosts_gets_400(raw: Raw, key: str) -> None:
    assert statuses(raw(b"GET " + BASE + b"/tasks HTTP/1.0\r\n" + HOST + HOST + key_line(key) + b"\r\n")) == [
        400
    ]


# Bytes that are not HTTP, behind requests

GARBAGE = [b"\x00\x01\r\n\r\n", b"GARBAGE\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"PUT /a b\r\n"]


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("count", [1, 3])
def test_requests_before_garbage_in_the_same_packet_are_answered(
    raw: Raw, world: World, key: str, count: int, garbage: bytes
) -> None:
    own = HEALTH + key_line(key) + b"Content-Length: 2\r\n\r\n{}"
    assert statuses(raw(own * count + garbage + own)) == [200] * count + [400]
    assert [exchange.status for exchange in world.journal] == [200] * count


def test_a_request_with_a_broken_body_is_the_one_that_gets_400(raw: Raw, world: World, key: str) -> None:
    own = HEALTH + key_line(key)
    broken = own + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n"
    assert statuses(raw(broken)) == [400]
    assert statuses(raw(own + b"Content-Length: 2\r\n\r\n{}" + broken)) == [200, 400]
    assert [exchange.status for exchange in world.journal] == [200]


def test_an_answer_that_is_late_comes_before_the_400(
    mock: WorldServer, world: World, key: str, control: Callable[..., requests.Response]
) -> None:
    delay = {"fault": "latency-fixed", "seconds": "50ms", "times": 1}
    assert control("POST", f"/worlds/{world.name}/faults", delay).status_code == 201
    own = HEALTH + key_line(key) + b"Content-Length: 2\r\n\r\n{}"
    with PartSender(mock) as sender:
        sender.send(own + own + GARBAGE[0], own, own)
        assert statuses(sender.read_to_end()) == [200, 200, 400]
    assert world.journal.count == 2


# Requests in one part or in several parts

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


def request_bytes(request: tuple[bytes, bytes, bytes], key: str, extra: bytes = b"") -> bytes:
    method, path, body = request
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    lines = HOST + key_line(key) + length + extra
    return b"%s%s%s HTTP/1.1\r\n%s\r\n%s" % (method, BASE, path, lines, body)


class PartSender:
    """Sends data in parts. Before it sends the next part, it waits until the mock has read the last one."""

    def __init__(self, mock: WorldServer) -> None:
        self._mock = mock
        self._connection = socket.socket()
        self._connection.settimeout(120)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)

    def __enter__(self) -> PartSender:
        self._connection.connect((self._mock.host, self._mock.port))
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self._connection.sendall(part)
            for _ in range(2):  # each call lets the event loop of the server run once
                self._mock.run_in_server_thread(lambda: None)

    def read_to_end(self) -> bytes:
        """All bytes until the mock closes the connection."""
        return b"".join(iter(lambda: self._connection.recv(65536), b""))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=4),
    cuts=st.sets(st.integers(1, 600), max_size=5),
)
def test_the_parts_in_which_requests_arrive_do_not_matter(
    mock: WorldServer,
    world: World,
    key: str,
    add_task: AddTask,
    chosen: list[tuple[bytes, bytes, bytes]],
    cuts: set[int],
) -> None:
    whole_requests = [request_bytes(request, key) for request in chosen] + [
        request_bytes(REQUESTS[0], key, CLOSE)
    ]
    data = b"".join(whole_requests)
    positions = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    before = world.journal.count
    answered = []
    for parts in (whole_requests, [data[a:b] for a, b in pairwise(positions)], [data]):
        with PartSender(mock) as sender:
            sender.send(*parts)
            answered.append(sender.read_to_end())
    assert answered[0] == answered[1] == answered[2]
    exchanges = [replace(exchange, number=0) for exchange in list(world.journal)[before:]]
    assert exchanges == exchanges[: len(whole_requests)] * 3


def test_a_body_in_many_parts_is_read(mock: WorldServer, world: World, key: str) -> None:
    body = b'{"ip": "' + b"1" * 190 + b'"}'
    data = request_bytes((b"POST ", b"/health", body), key) + request_bytes(REQUESTS[0], key, CLOSE)
    with PartSender(mock) as sender:
        sender.send(*(data[start : start + 3] for start in range(0, len(data), 3)))
        assert statuses(sender.read_to_end()) == [200, 200]
    assert next(iter(world.journal)).request_body == body


def test_a_head_without_a_body_gets_no_answer(mock: WorldServer, world: World, key: str) -> None:
    with PartSender(mock) as sender:
        sender.send(request_bytes(REQUESTS[0], key), request_bytes(REQUESTS[0], key)[:-1])
    mock.run_in_server_thread(lambda: None)
    assert [exchange.status for exchange in world.journal] == [200]


def test_control_calls_and_api_requests_can_share_a_connection(mock: WorldServer, key: str) -> None:
    control_call = b"GET /_mock/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    own = request_bytes(REQUESTS[0], key)
    with PartSender(mock) as sender:
        sender.send(own, control_call, own, own + control_call + own, request_bytes(REQUESTS[0], key, CLOSE))
        assert statuses(sender.read_to_end()) == [200] * 7


def test_a_body_that_looks_like_a_request_is_not_handled_as_one(
    mock: WorldServer, world: World, key: str
) -> None:
    own = request_bytes(REQUESTS[0], key)
    refused = b"POST /_mock/worlds HTTP/1.1\r\nHost: elsewhere.example\r\n"
    length = b"Content-Length: %d\r\n\r\n" % len(own)
    with PartSender(mock) as sender:
        sender.send(refused + length, own, request_bytes(REQUESTS[0], key, CLOSE))
        assert statuses(sender.read_to_end()) == [403, 200]
    assert world.journal.count == 1


def test_a_part_of_a_head_that_looks_like_a_request_is_not_handled_as_one(
    mock: WorldServer, world: World, key: str
) -> None:
    with PartSender(mock) as sender:
        own = request_bytes(REQUESTS[0], key)
        sender.send(HEALTH.removesuffix(HOST) + b"X-Odd: ", own, request_bytes(REQUESTS[0], key, CLOSE))
        assert statuses(sender.read_to_end()) == [200, 200]
    assert dict(next(iter(world.journal)).request_headers)["x-odd"].startswith("POST /api/")


def test_a_client_that_does_not_read_gets_all_answers_later(
    mock: WorldServer, world: World, key: str, add_task: AddTask
) -> None:
    for _ in range(100):
        add_task(status="pending")
    page = request_bytes((b"GET ", b"/tasks?limit=100", b""), key)
    with PartSender(mock) as sender:
        sender.send(*[page] * 150)
        assert world.journal.count < 150
        sender.send(page * 10, request_bytes(REQUESTS[0], key, CLOSE))
        assert statuses(sender.read_to_end()) == [200] * 161


# How long a connection is kept


class ManualLoop:
    """An event loop with timers only. Tests set its time."""

    def __init__(self) -> None:
        self._now, self._due_times = 0.0, dict[Timer, float]()

    def time(self) -> float:
        return self._now

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer = Timer(self._due_times, call)
        self._due_times[timer] = self._now + seconds
        return timer

    def set_time(self, time: float) -> None:
        self._now = time
        for timer in [timer for timer, due in self._due_times.items() if due <= time]:
            del self._due_times[timer]
            timer.call()


@dataclass(frozen=True, eq=False)
class Timer:
    due_times: dict[Timer, float]
    call: Callable[[], None]

    def cancel(self) -> None:
        self.due_times.pop(self, None)


class RecordingTransport(asyncio.Transport):
    """Records the bytes that the protocol writes. There is no socket."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.is_closed = b"", False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True


def test_an_idle_connection_is_closed_some_time_after_the_last_answer() -> None:
    worlds, manual_loop, transport = Worlds(), ManualLoop(), RecordingTransport()
    worlds.add(DEFAULT, WorldBuilder(seed=1, with_tasks=False))
    config = uvicorn.Config(MockApp(worlds, host="127.0.0.1"), timeout_keep_alive=60, log_config=None)
    loop = cast(asyncio.AbstractEventLoop, manual_loop)
    connection = Protocol(config=config, server_state=ServerState(), app_state={}, _loop=loop)
    connection.connection_made(transport)
    own = request_bytes(REQUESTS[0], "server-01-key")
    for time in (0, 59, 118):
        manual_loop.set_time(time)
        connection.data_received(own)
    manual_loop.set_time(177)
    connection.data_received(own[:-1])
    manual_loop.set_time(500)
    connection.data_received(own[-1:])
    manual_loop.set_time(559)
    assert (statuses(transport.written), transport.is_closed) == ([200] * 4, False)
    manual_loop.set_time(560)
    assert transport.is_closed


# Upgrade headers, which the HttpClient of Java adds to every request


@pytest.mark.parametrize("upgrade", [UPGRADE, b"Connection: Upgrade\r\nUpgrade: websocket\r\n"])
def test_an_upgrade_header_is_ignored(raw: Raw, world: World, key: str, upgrade: bytes) -> None:
    head = HEALTH + key_line(key) + upgrade + b"Content-Length: 13\r\n\r\n"
    last = HEALTH + key_line(key) + CLOSE + b"Content-Length: 2\r\n\r\n{}"
    assert statuses(raw(head + b'{"ip": "::1"}' + last)) == [200, 200]
    assert next(iter(world.journal)).request_body == b'{"ip": "::1"}'


def test_an_upgrade_header_before_a_chunked_body_is_ignored(raw: Raw, key: str) -> None:
    head = HEALTH + key_line(key) + UPGRADE + b"Transfer-Encoding: chunked\r\n\r\n"
    last = HEALTH + key_line(key) + CLOSE + b"Content-Length: 2\r\n\r\n{}"
    assert statuses(raw(head + b"2\r\n{}\r\n0\r\n\r\n" + last)) == [200, 200]


def test_a_body_after_a_head_with_an_upgrade_header_is_read(mock: WorldServer, key: str) -> None:
    with socket.create_connection((mock.host, mock.port), timeout=120) as connection:
        for part in (HEALTH + key_line(key), UPGRADE, b"Content-Length: 2\r\n\r\n", b"{", b"}"):
            connection.sendall(part)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_many_upgrade_headers_in_one_packet_are_ignored(raw: Raw, key: str) -> None:
    upgrade = b"GET /nowhere HTTP/1.1\r\n" + HOST + UPGRADE + b"\r\n"
    last = HEALTH + key_line(key) + CLOSE + b"Content-Length: 2\r\n\r\n{}"
    assert statuses(raw(upgrade * 400 + last)) == [404] * 400 + [200]


# Random bytes

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


def mostly(usual: list[bytes], limit: int) -> st.SearchStrategy[bytes]:
    """Some of the usual parts in a row, sometimes with random bytes between them."""
    return st.lists(st.sampled_from(usual * 3) | st.binary(max_size=4), max_size=limit).map(b"".join)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_bytes_never_cause_a_500(
    raw: Raw, world: World, key: str, caplog: pytest.LogCaptureFixture, data: st.DataObject
) -> None:
    first = b"%s %s" % (data.draw(st.sampled_from(METHODS)), data.draw(st.sampled_from(TARGETS)))
    first += data.draw(st.just(b"") | mostly([b"%2F", b"?", b"#", b"/..", b"limit=1"], 2))
    body = data.draw(st.sampled_from(BODIES) | mostly(BODIES, 3))
    usual = [b"Host: localhost\r\n", key_line(key), b"Content-Length: %d\r\n" % len(body)]
    lines = data.draw(st.sampled_from([b"".join(usual), *usual])) + data.draw(mostly([*LINES, *usual], 4))
    answers = raw(first + b" HTTP/1.1\r\n" + lines + b"\r\n" + body, leave=True)
    assert b" 500 " not in answers
    assert all(exchange.status != 500 for exchange in world.journal)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    for head in re.findall(rb"HTTP/1\.1 [2-5].*?\r\n\r\n", answers, re.DOTALL):
        assert b"content-type: application/json" in head
