"""Sends the load: each connection sends a request, waits for the answer, and sends the next request.

The load uses uvloop and does little work for each request. So it needs less CPU time than the mocks. The
row `a bare socket` in the table shows how fast the load can be.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import cycle
from typing import Any, cast

import uvloop

CONNECTIONS = 16
_RAMP_SECONDS = 0.15
_EXTRA_SECONDS = 20.0
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
Cpu = Callable[[], float]


class BadAnswerError(Exception):
    """An answer has another status than 200, or no content length. The message is the head of the answer."""


@dataclass(frozen=True, slots=True)
class Load:
    """The result of a load.

    rate: answers per second.
    cpu: CPU seconds of the server for one answer.
    busy: the share of its own core that the load needed, from 0 to 1.
    """

    rate: float
    cpu: float
    busy: float


def load(
    port: int, requests: Iterable[bytes], *, seconds: float, cpu: Cpu, connections: int = CONNECTIONS
) -> Load:
    """Sends the requests in turn, and measures after a short start phase.

    port: the port of the server.
    requests: the requests as bytes. They are repeated.
    seconds: how long to measure.
    cpu: returns the CPU seconds that the server has used so far.

    Raises BadAnswerError, ConnectionError and TimeoutError.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_send_load(port, requests, seconds, cpu, connections))


async def _send_load(
    port: int, requests: Iterable[bytes], seconds: float, cpu: Cpu, connections: int
) -> Load:
    loop = asyncio.get_running_loop()
    shared = _SharedState(requests)
    async with asyncio.timeout(seconds + _EXTRA_SECONDS):
        transports = [
            (await loop.create_connection(lambda: _LoadConnection(shared), "127.0.0.1", port))[0]
            for _ in range(connections)
        ]
        begin: asyncio.Future[_Snapshot] = loop.create_future()
        end: asyncio.Future[_Snapshot] = loop.create_future()
        loop.call_later(_RAMP_SECONDS, lambda: begin.set_result(_Snapshot.now(shared.answers, cpu)))
        loop.call_later(_RAMP_SECONDS + seconds, lambda: end.set_result(_Snapshot.now(shared.answers, cpu)))
        await shared.wait_for(end)
        shared.is_over = True
        await shared.wait_for(shared.all_answered)
    for transport in transports:
        transport.close()
    return end.result().since(begin.result())


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The counters at one time.

    answers: the number of answers so far.
    time: seconds of a monotonic clock.
    own: CPU seconds of this process.
    cpu: CPU seconds of the server.
    """

    answers: int
    time: float
    own: float
    cpu: float

    @classmethod
    def now(cls, answers: int, cpu: Cpu) -> _Snapshot:
        return cls(answers, time.perf_counter(), time.process_time(), cpu())

    def since(self, begin: _Snapshot) -> Load:
        answers, seconds = self.answers - begin.answers, self.time - begin.time
        return Load(
            answers / seconds, (self.cpu - begin.cpu) / max(answers, 1), (self.own - begin.own) / seconds
        )


class _SharedState:
    """The state that all connections share.

    next_request: returns the next request.
    answers: the number of answers so far.
    is_over: True when no more requests may be sent.
    waiting: how many connections wait for an answer.
    all_answered: is done when no connection waits any more.
    """

    def __init__(self, requests: Iterable[bytes]) -> None:
        loop = asyncio.get_running_loop()
        self.next_request = cycle(requests).__next__
        self.answers = 0
        self.is_over = False
        self.waiting = 0
        self.all_answered: asyncio.Future[None] = loop.create_future()
        self._failed: asyncio.Future[None] = loop.create_future()
        self._body_lengths: dict[bytes, int] = {}

    def body_length(self, head: bytes) -> int:
        """Returns the length of the body after a head. Servers repeat their heads, so each is parsed once."""
        if head not in self._body_lengths:
            self._body_lengths[head] = _parse_body_length(head)
        return self._body_lengths[head]

    def finish_connection(self) -> None:
        self.waiting -= 1
        if self.waiting == 0 and not self.all_answered.done():
            self.all_answered.set_result(None)

    def fail(self, error: Exception) -> None:
        if not self._failed.done():
            self._failed.set_exception(error)

    async def wait_for(self, event: asyncio.Future[Any]) -> None:
        """Waits for an event. If a connection fails before, raises its error."""
        either: list[asyncio.Future[Any]] = [event, self._failed]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if self._failed.done():
            self._failed.result()


class _LoadConnection(asyncio.Protocol):
    def __init__(self, shared: _SharedState) -> None:
        self._shared = shared
        # How many bytes of the body are missing. -1: the head is not complete yet.
        self._missing = -1
        self._head = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The transports of uvloop have the same methods as the class of asyncio, but do not inherit from it.
        self._transport = cast(asyncio.WriteTransport, transport)
        self._shared.waiting += 1
        self._transport.write(self._shared.next_request())

    def data_received(self, data: bytes) -> None:
        missing = self._missing - len(data) if self._missing >= 0 else self._read_head(self._head + data)
        if missing > 0 or self._head:
            self._missing = missing
            return
        self._missing = -1
        self._shared.answers += 1
        if self._shared.is_over:
            self._shared.finish_connection()
        else:
            self._transport.write(self._shared.next_request())

    def connection_lost(self, error: Exception | None) -> None:
        if not self._shared.is_over:
            self._shared.fail(error or ConnectionError("the server closed a connection"))

    def _read_head(self, data: bytes) -> int:
        """Returns how many bytes of the body are missing. Keeps the data if the head is not complete."""
        end = data.find(b"\r\n\r\n")
        self._head = data if end < 0 else b""
        if end < 0:
            return -1
        try:
            return self._shared.body_length(data[:end]) - (len(data) - end - 4)
        except BadAnswerError as error:
            self._shared.fail(error)
            return 1


def _parse_body_length(head: bytes) -> int:
    match = _CONTENT_LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 200") or match is None:
        raise BadAnswerError(head.decode("latin-1"))
    return int(match[1])
