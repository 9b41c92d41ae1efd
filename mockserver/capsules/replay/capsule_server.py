"""Plays the server's side of a capsule to a worker."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from types import TracebackType
from typing import Any

from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, Recorded
from workerkit.mockserver.capsules.http.framing import Framer, Head, NotHttpError
from workerkit.mockserver.capsules.replay.matching import Difference
from workerkit.mockserver.capsules.replay.request_difference import (
    difference_at,
    request_difference,
    request_meaning,
    request_text,
)
from workerkit.mockserver.http.connection import reset_on_close
from workerkit.mockserver.server.server import listening
from workerkit.mockserver.workers.worker_environment import NO_PROXY
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import operation_of, worker_api

_AT_ONCE = 65536

_LONGEST_DELAY = 2.0

_LEAST_PATIENCE = 5.0

_FEWEST_REPEATS = 20

_ANY_NUMBER_OF_TIMES = frozenset({"heartbeat", "listTasks"})

_OF_THE_WAY = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive"})

_UNKNOWN = b'{"success": false, "error": "internal_error"}'


class CapsuleServer:
    """A server that has one answer for each exchange of a capsule, from `with` to its end.

    Lists and heartbeats that were asked for before may come more often than recorded: a worker's timers
    decide that. Such a request gets the same answer as the last time.
    """

    def __init__(self, capsule: Capsule, *, in_order: bool = False) -> None:
        self._in_order = in_order
        self._left = [(repr(request_meaning(recorded.exchange)), recorded) for recorded in capsule.recorded]
        self._given: dict[str, Recorded] = {}
        self._repeats = 0
        self._last_news: float | None = None
        self._lock = threading.Lock()
        self._first: Difference | None = None
        self._socket = listening("127.0.0.1", 0)
        self._capsule = capsule
        self._ended = threading.Event()
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    @property
    def settings(self) -> dict[str, str]:
        """The environment that tells a worker where the server is, and who the worker is."""
        exchanges = [recorded.exchange for recorded in self._capsule.recorded]
        keys = (exchange.header(worker_api().key_header) for exchange in exchanges)
        return {
            "LIKEPION_BASE_URL": f"http://127.0.0.1:{self._socket.getsockname()[1]}{worker_api().base_path}",
            "LIKEPION_API_KEY": next(filter(None, keys), "none"),
            "LIKEPION_SERVER_NAME": next(filter(None, map(_server_name, exchanges)), "server-01"),
        }

    @property
    def environment(self) -> dict[str, str]:
        """The settings, and that no proxy is to be asked."""
        return {**self.settings, **NO_PROXY}

    @property
    def is_over(self) -> bool:
        """Whether every answer was given."""
        return not self._left

    @property
    def has_departed(self) -> bool:
        """Whether a request came that was not recorded."""
        return self._first is not None

    @property
    def matched(self) -> int:
        """How many of the recorded exchanges were asked for."""
        return len(self._capsule.recorded) - len(self._left)

    @property
    def missed(self) -> tuple[Exchange, ...]:
        """The exchanges that nobody asked for."""
        return tuple(each.exchange for _, each in self._left)

    @property
    def patience(self) -> float:
        """For how many seconds to wait for something new: twice as long as it ever took, and a little."""
        begun = [recorded.exchange.began for recorded in self._capsule.recorded]
        return _LEAST_PATIENCE + 2 * max((after - before for before, after in pairwise(begun)), default=0.0)

    @property
    def seconds_without_news(self) -> float:
        """Since when no recorded exchange was asked for; none before the first."""
        return 0.0 if self._last_news is None else time.monotonic() - self._last_news

    def difference(self, ended: str) -> Difference | None:
        """The first request that nobody had recorded or, where there is none, the first that never came."""
        if self._first is None and self._left:
            return difference_at(self.missed[0], "request", "asked", f"never asked: {ended}")
        return self._first

    def __enter__(self) -> CapsuleServer:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def _start(self, target: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._ended.is_set():
                connection, _ = self._socket.accept()
                with self._lock:
                    self._connections.add(connection)
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, NotHttpError):
            framer, head, body = Framer(answers=False), None, bytearray()
            while not self._ended.is_set() and (data := connection.recv(_AT_ONCE)):
                for piece in framer.feed(data):
                    head = piece.head or head
                    body += piece.payload
                    if piece.last and head is not None:
                        self._answer(connection, _request(head, bytes(body)))
                        head, body = None, bytearray()
        with self._lock:
            self._connections.discard(connection)

    def _answer(self, connection: socket.socket, asked: Exchange) -> None:
        recorded = self._take(asked)
        if recorded is None and self.has_departed:
            self._ended.wait()  # an answer that nobody gave would only blur what the worker did until here
            return
        if recorded is None:
            connection.sendall(_answer_bytes(500, (), _UNKNOWN))
            return
        exchange = recorded.exchange
        self._ended.wait(min(max(0.0, exchange.ended - exchange.began), _LONGEST_DELAY))
        if exchange.status is not None and recorded.ending is not Ending.GARBLED:
            whole = _answer_bytes(exchange.status, exchange.answer_headers, exchange.answer_body)
            half = recorded.ending in (Ending.CUT, Ending.RESET_IN_ANSWER)
            connection.sendall(whole[: -max(1, len(exchange.answer_body) // 2)] if half else whole)
        _end(connection, recorded.ending)

    def _take(self, asked: Exchange) -> Recorded | None:
        """The exchange whose answer a request gets; None for what was not recorded, and behind the end."""
        with self._lock:
            meaning = repr(request_meaning(asked))
            recorded = self._next(meaning) or self._again(asked, meaning)
            if recorded is None and self._first is None and self._left:
                self._first = self._departure(asked, meaning)
            return recorded

    def _next(self, meaning: str) -> Recorded | None:
        candidates = self._left[:1] if self._in_order else self._left
        place = next((place for place, each in enumerate(candidates) if each[0] == meaning), None)
        if place is None:
            return None
        self._given[meaning] = self._left.pop(place)[1]
        self._repeats, self._last_news = 0, time.monotonic()
        return self._given[meaning]

    def _again(self, asked: Exchange, meaning: str) -> Recorded | None:
        if self._in_order or asked.operation not in _ANY_NUMBER_OF_TIMES:
            return None
        self._repeats += 1
        return self._given.get(meaning) if self._repeats <= _FEWEST_REPEATS + self.matched else None

    def _departure(self, asked: Exchange, meaning: str) -> Difference:
        """Where a request departs from what was to come next.

        Where the order is free that is the next one of its operation, if there is one.
        """
        first = self.missed[0]
        if meaning in self._given:
            often = "again and again" if self._repeats > 1 else "once more"
            return difference_at(first, "request", request_text(first), f"{request_text(asked)}, {often}")
        alike = (each for each in self.missed if each.operation == asked.operation)
        return request_difference(first if self._in_order else next(alike, first), asked)


def _request(head: Head, body: bytes) -> Exchange:
    path, _, query = head.line[1].partition("?")
    return Exchange(
        number=0,
        operation=operation_of(head.line[0], path),
        server=None,
        method=head.line[0],
        path=path,
        query=query,
        request_headers=head.headers,
        request_body=body,
        status=None,
        answer_headers=(),
        answer_body=b"",
        began=0.0,
        ended=0.0,
    )


def _server_name(exchange: Exchange) -> str:
    sent = exchange.sent() if exchange.operation == "heartbeat" else None
    name = sent.get("server_name") if isinstance(sent, dict) else None
    return name if isinstance(name, str) else exchange.server or ""


def _answer_bytes(status: int, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    kept = [f"{name}: {text}\r\n" for name, text in headers if name not in _OF_THE_WAY]
    head = f"HTTP/1.1 {status} \r\n{''.join(kept)}content-length: {len(body)}\r\n\r\n"
    return head.encode("latin-1", "replace") + body


def _end(connection: socket.socket, ending: Ending) -> None:
    """Ends the connection as the recorded one ended."""
    if ending is Ending.WHOLE:
        return
    if ending is Ending.GARBLED:
        connection.sendall(b"\0\0\0\0")
    if ending is Ending.HUNG:
        while connection.recv(_AT_ONCE):
            pass
    if ending in (Ending.RESET, Ending.RESET_IN_ANSWER):
        reset_on_close(connection)
        connection.close()
        return
    connection.shutdown(socket.SHUT_RDWR)
