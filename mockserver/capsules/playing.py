"""Plays the server's side of a capsule to a worker, and looks whether it asks what was asked before."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl

from workerkit.mockserver.capsules.framing import Framer, Garbled, Head
from workerkit.mockserver.capsules.matching import Difference
from workerkit.mockserver.command import Command
from workerkit.mockserver.server import listening
from workerkit.mockserver.stint import NO_PROXY, filled_in
from workerkit.openapi.api import worker_api
from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.capsule import Capsule, Ending, Recorded
from workerkit.scenarios.capsule_file import operation_of

_AT_ONCE = 65536
_LONGEST_DELAY = 2.0
_SECONDS_BETWEEN_LOOKS = 0.02
_SECONDS_AFTER_THE_LAST = 1.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_OF_THE_WAY = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive"})
# What a worker says in its own words, or measures: only that it says it is compared.
_EXACT = frozenset({"status", "link_id", "request_id", "account_id", "level", "link_profile", "link_post"})
_UNKNOWN = b'{"success": false, "error": "internal_error"}'


@dataclass(frozen=True, slots=True)
class Performance:
    """How a worker did: `answered` of its requests, and the first that was not as recorded, if any."""

    answered: int
    difference: Difference | None
    output: str


def perform(capsule: Capsule, words: Sequence[str], *, time_limit: float) -> Performance:
    """Plays a capsule's answers to a worker's command, which is ended when all were given, or at the limit.

    Each request gets the answer of the first exchange left that means the same; delays are those recorded, up
    to two seconds. Raises CommandNotFound.
    """
    with (
        Theatre(capsule) as theatre,
        Command(filled_in(words, theatre.settings), theatre.environment) as command,
    ):
        deadline = time.monotonic() + time_limit
        while time.monotonic() < deadline and command.wait(_SECONDS_BETWEEN_LOOKS) is None:
            if theatre.is_over:
                command.wait(_SECONDS_AFTER_THE_LAST)
                break
        command.end()
        output = command.output()
    return Performance(theatre.answered, theatre.difference, output)


class Theatre:
    """A server that has one answer for each exchange of a capsule, from `with` to its end."""

    def __init__(self, capsule: Capsule) -> None:
        self._left = list(capsule.recorded)
        self._lock = threading.Lock()
        self._first: Difference | None = None
        self._socket = listening("127.0.0.1", 0)
        self._capsule = capsule
        self._ended = threading.Event()
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.answered = 0

    @property
    def settings(self) -> dict[str, str]:
        """The environment that tells a worker where the server is, and who the worker is."""
        exchanges = [each.exchange for each in self._capsule.recorded]
        keys = (dict(each.request_headers).get(worker_api().key_header) for each in exchanges)
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
    def difference(self) -> Difference | None:
        """The first request that nobody had recorded or, where there is none, the first that never came."""
        if self._first is None and self._left:
            return _difference(self._left[0].exchange, "request", "sent", "never sent")
        return self._first

    def __enter__(self) -> Theatre:
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
            for each in self._connections:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
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
        with connection, suppress(OSError, Garbled):
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
        """The exchange whose answer a request gets: one that means the same, else one of the operation."""
        with self._lock:
            self.answered += 1
            wanted = _meaning(asked)
            alike = [each for each in self._left if each.exchange.operation == asked.operation]
            for each in alike:
                if _meaning(each.exchange) == wanted:
                    self._left.remove(each)
                    return each
            self._note(asked, alike)
            if alike:
                self._left.remove(alike[0])
            return alike[0] if alike else None

    def _note(self, asked: Exchange, alike: list[Recorded]) -> None:
        if self._first is not None:
            return
        shown = _shown(asked)
        if alike:
            self._first = _difference(alike[0].exchange, "request", _shown(alike[0].exchange), shown)
        elif self._left:
            self._first = _difference(self._left[0].exchange, "request", "no such request any more", shown)


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


def _meaning(exchange: Exchange) -> tuple[Any, ...]:
    query = sorted(parse_qsl(exchange.query, keep_blank_values=True))
    key = dict(exchange.request_headers).get(worker_api().key_header)
    return exchange.method, exchange.path, query, key, _said(exchange.sent(), "")


def _said(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {each: _said(inner, each) for each, inner in value.items()}
    if isinstance(value, list):
        return [_said(each, name) for each in value]
    return value if name in _EXACT or value is None else isinstance(value, str)


def _shown(exchange: Exchange) -> str:
    query = f"?{exchange.query}" if exchange.query else ""
    body = exchange.request_body.decode("utf-8", "backslashreplace")
    return f"{exchange.method} {exchange.path}{query} {body}".rstrip()[:300]


def _difference(exchange: Exchange, place: str, recorded: str, now: str) -> Difference:
    query = f"?{exchange.query}" if exchange.query else ""
    asked = f"{exchange.method} {exchange.path}{query}"
    return Difference(exchange.number, exchange.operation, asked, place, recorded, now)


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
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        connection.close()
        return
    connection.shutdown(socket.SHUT_RDWR)
