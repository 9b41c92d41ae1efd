"""The load: keep-alive connections that each send a request, wait for its answer and send the next.

Written on uvloop's sockets, with requests made beforehand: a core of it is worth more than one of any server
here, which the table's row of a bare socket shows.
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
_RAMP = 0.15
_PATIENCE = 20.0
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
Cpu = Callable[[], float]


class BadAnswer(Exception):
    """An answer was not 200, or not of a kind that is counted here; its head is the message."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: answers in a second, the server's CPU seconds for each, the share of its own core."""

    rate: float
    cpu: float
    busy: float


def load(
    port: int, requests: Iterable[bytes], *, seconds: float, cpu: Cpu, connections: int = CONNECTIONS
) -> Load:
    """Sends the requests in turn for so long, after a short ramp; `cpu` says what the server has used by now.

    Raises BadAnswer, ConnectionError and TimeoutError.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_volley(port, requests, seconds, cpu, connections))


async def _volley(port: int, requests: Iterable[bytes], seconds: float, cpu: Cpu, connections: int) -> Load:
    loop = asyncio.get_running_loop()
    volley = _Volley(requests)
    async with asyncio.timeout(seconds + _PATIENCE):
        wires = [
            (await loop.create_connection(lambda: _Wire(volley), "127.0.0.1", port))[0]
            for _ in range(connections)
        ]
        begin: asyncio.Future[_Mark] = loop.create_future()
        end: asyncio.Future[_Mark] = loop.create_future()
        loop.call_later(_RAMP, lambda: begin.set_result(_Mark.now(volley.answers, cpu)))
        loop.call_later(_RAMP + seconds, lambda: end.set_result(_Mark.now(volley.answers, cpu)))
        await volley.unless_failed(end)
        volley.over = True
        await volley.unless_failed(volley.landed)
    for wire in wires:
        wire.close()
    return end.result().since(begin.result())


@dataclass(frozen=True, slots=True)
class _Mark:
    """How things stand at a moment."""

    answers: int
    time: float
    own: float
    cpu: float

    @classmethod
    def now(cls, answers: int, cpu: Cpu) -> _Mark:
        return cls(answers, time.perf_counter(), time.process_time(), cpu())

    def since(self, begin: _Mark) -> Load:
        answers, seconds = self.answers - begin.answers, self.time - begin.time
        return Load(
            answers / seconds, (self.cpu - begin.cpu) / max(answers, 1), (self.own - begin.own) / seconds
        )


class _Volley:
    """What all connections share: the next request, the count of answers, the heads seen before."""

    def __init__(self, requests: Iterable[bytes]) -> None:
        loop = asyncio.get_running_loop()
        self.next_request = cycle(requests).__next__
        self.answers = 0
        self.over = False
        self.flying = 0
        self.landed: asyncio.Future[None] = loop.create_future()
        self._failed: asyncio.Future[None] = loop.create_future()
        self._lengths: dict[bytes, int] = {}

    def length(self, head: bytes) -> int:
        """The length of the body that follows a head. Servers repeat their heads: each is read once."""
        if head not in self._lengths:
            self._lengths[head] = _length(head)
        return self._lengths[head]

    def land(self) -> None:
        self.flying -= 1
        if self.flying == 0 and not self.landed.done():
            self.landed.set_result(None)

    def fail(self, error: Exception) -> None:
        if not self._failed.done():
            self._failed.set_exception(error)

    async def unless_failed(self, event: asyncio.Future[Any]) -> None:
        """Waits for an event; raises what a connection failed with before."""
        either: list[asyncio.Future[Any]] = [event, self._failed]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if self._failed.done():
            self._failed.result()


class _Wire(asyncio.Protocol):
    """A connection. `_left` is what is still to come of an answer's body, -1 before its head is complete."""

    def __init__(self, volley: _Volley) -> None:
        self._volley = volley
        self._left = -1
        self._head = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not of asyncio's classes, though they do what those do.
        self._transport = cast(asyncio.WriteTransport, transport)
        self._volley.flying += 1
        self._transport.write(self._volley.next_request())

    def data_received(self, data: bytes) -> None:
        left = self._left - len(data) if self._left >= 0 else self._begun(self._head + data)
        if left > 0 or self._head:
            self._left = left
            return
        self._left = -1
        self._volley.answers += 1
        if self._volley.over:
            self._volley.land()
        else:
            self._transport.write(self._volley.next_request())

    def connection_lost(self, error: Exception | None) -> None:
        if not self._volley.over:
            self._volley.fail(error or ConnectionError("the server closed a connection"))

    def _begun(self, data: bytes) -> int:
        """What is left of an answer of which this has come; keeps the data where the head is not complete."""
        end = data.find(b"\r\n\r\n")
        self._head = data if end < 0 else b""
        if end < 0:
            return -1
        try:
            return self._volley.length(data[:end]) - (len(data) - end - 4)
        except BadAnswer as error:
            self._volley.fail(error)
            return 1


def _length(head: bytes) -> int:
    found = _LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 200") or found is None:
        raise BadAnswer(head.decode("latin-1"))
    return int(found[1])
