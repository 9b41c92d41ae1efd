"""A server that gives the recorded answers of a capsule to a worker."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from types import TracebackType
from typing import Any

from workerkit.mockserver.capsules.comparison.difference import Difference, difference_at
from workerkit.mockserver.capsules.comparison.exchange_keys import WorkerKeys
from workerkit.mockserver.capsules.comparison.request_difference import (
    request_difference,
    request_meaning,
    request_text,
)
from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, RecordedExchange
from workerkit.mockserver.capsules.http.framing import Framer, Head, NotHttpError
from workerkit.mockserver.http.connection import reset_on_close
from workerkit.mockserver.server.server import listening_socket
from workerkit.mockserver.steady_clock import steady_seconds
from workerkit.mockserver.workers.worker_environment import no_proxy, settings_of
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.api import operation_of, worker_api

_READ_SIZE = 65536
_MAX_DELAY_SECONDS = 2.0
_MIN_PATIENCE_SECONDS = 5.0
_MIN_REPEATS = 20
_REPEATABLE_OPERATIONS = frozenset({"heartbeat", "listTasks"})
_CONNECTION_HEADERS = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive"})
_UNEXPECTED_REQUEST_BODY = b'{"success": false, "error": "internal_error"}'


class CapsuleServer:
    """Serves on a free port inside `with`. Each exchange of the capsule is one answer.

    in_order: True if the requests must come in the recorded order.

    The worker may have other API keys than the recorded one: see `WorkerKeys`.

    A worker's timers decide how often it sends heartbeats and lists tasks. If such a request comes more often
    than recorded, it gets the same answer as the last time. With `in_order`, such a request is unexpected.
    """

    def __init__(self, capsule: Capsule, *, in_order: bool = False) -> None:
        self._in_order = in_order
        self._waiting = [
            (repr(request_meaning(recorded.exchange)), recorded) for recorded in capsule.recorded
        ]
        self._keys = WorkerKeys([recorded.exchange for recorded in capsule.recorded])
        self._last_answers: dict[str, RecordedExchange] = {}
        self._repeats = 0
        self._last_match_time: float | None = None
        self._lock = threading.Lock()
        self._first_difference: Difference | None = None
        self._socket = listening_socket("127.0.0.1", 0)
        self._capsule = capsule
        self._stopped = threading.Event()
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables with the worker's base URL, API key and server name."""
        exchanges = [recorded.exchange for recorded in self._capsule.recorded]
        return settings_of(
            f"http://127.0.0.1:{self._socket.getsockname()[1]}{worker_api().base_path}",
            self._keys.first or "none",
            next(filter(None, map(_server_name, exchanges)), "server-01"),
        )

    @property
    def has_keys(self) -> bool:
        """Whether an API key was recorded."""
        return self._keys.has_any

    @property
    def environment(self) -> dict[str, str]:
        """All environment variables for the worker's command: the settings and the proxy variables."""
        return {**self.settings, **no_proxy(self.settings["LIKEPION_BASE_URL"])}

    @property
    def is_finished(self) -> bool:
        """Whether all recorded answers were given."""
        return not self._waiting

    @property
    def got_unexpected_request(self) -> bool:
        """Whether a request came that does not match the recording."""
        return self._first_difference is not None

    @property
    def matched(self) -> int:
        """How many recorded requests the worker has sent."""
        return len(self._capsule.recorded) - len(self._waiting)

    @property
    def missed(self) -> tuple[Exchange, ...]:
        """The recorded exchanges whose requests the worker has not sent."""
        return tuple(recorded.exchange for _, recorded in self._waiting)

    @property
    def patience(self) -> float:
        """How many seconds to wait for the next recorded request.

        5 seconds, plus twice the longest recorded time between two requests.
        """
        starts = [recorded.exchange.began for recorded in self._capsule.recorded]
        longest = max((later - earlier for earlier, later in pairwise(starts)), default=0.0)
        return _MIN_PATIENCE_SECONDS + 2 * longest

    @property
    def seconds_since_match(self) -> float:
        """Seconds since the worker last sent a recorded request. 0 before the first recorded request."""
        return 0.0 if self._last_match_time is None else steady_seconds() - self._last_match_time

    def difference(self, ended: str) -> Difference | None:
        """The first unexpected request. If there is none: the first recorded request that did not come.

        ended: how the replay ended, in words.
        """
        if self._first_difference is None and self._waiting:
            return difference_at(
                self.missed[0], "request", phrase("sent"), phrase("not sent: {ended}", ended=ended)
            )
        return self._first_difference

    def __enter__(self) -> CapsuleServer:
        self._start_thread(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def _start_thread(self, target: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._stopped.is_set():
                connection, _ = self._socket.accept()
                with self._lock:
                    self._connections.add(connection)
                self._start_thread(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, NotHttpError):
            framer, head, body = Framer(answers=False), None, bytearray()
            while not self._stopped.is_set() and (data := connection.recv(_READ_SIZE)):
                for piece in framer.feed(data):
                    head = piece.head or head
                    body += piece.payload
                    if piece.last and head is not None:
                        self._answer(connection, _request(head, bytes(body)))
                        head, body = None, bytearray()
        with self._lock:
            self._connections.discard(connection)

    def _answer(self, connection: socket.socket, request: Exchange) -> None:
        recorded = self._recorded_for(request)
        if recorded is None and self.got_unexpected_request:
            # There is no recorded answer, and an invented answer would change what the worker does next.
            self._stopped.wait()
            return
        if recorded is None:
            connection.sendall(_answer_bytes(500, (), _UNEXPECTED_REQUEST_BODY))
            return
        exchange = recorded.exchange
        self._stopped.wait(min(max(0.0, exchange.ended - exchange.began), _MAX_DELAY_SECONDS))
        if exchange.status is not None and recorded.ending is not Ending.GARBLED:
            answer = _answer_bytes(exchange.status, exchange.answer_headers, exchange.answer_body)
            is_cut = recorded.ending in (Ending.CUT, Ending.RESET_IN_ANSWER)
            connection.sendall(answer[: -max(1, len(exchange.answer_body) // 2)] if is_cut else answer)
        _end_connection(connection, recorded.ending)

    def _recorded_for(self, request: Exchange) -> RecordedExchange | None:
        """The recorded exchange for a request. None for an unexpected request, or after the last answer."""
        with self._lock:
            request = self._keys.with_recorded_key(
                request, [recorded.exchange for _, recorded in self._waiting]
            )
            meaning = repr(request_meaning(request))
            recorded = self._next_match(meaning) or self._repeated(request, meaning)
            if recorded is None and self._first_difference is None and self._waiting:
                self._first_difference = self._unexpected(request, meaning)
            return recorded

    def _next_match(self, meaning: str) -> RecordedExchange | None:
        candidates = self._waiting[:1] if self._in_order else self._waiting
        index = next((index for index, (candidate, _) in enumerate(candidates) if candidate == meaning), None)
        if index is None:
            return None
        self._last_answers[meaning] = self._waiting.pop(index)[1]
        self._repeats, self._last_match_time = 0, steady_seconds()
        return self._last_answers[meaning]

    def _repeated(self, request: Exchange, meaning: str) -> RecordedExchange | None:
        if self._in_order or request.operation not in _REPEATABLE_OPERATIONS:
            return None
        self._repeats += 1
        return self._last_answers.get(meaning) if self._repeats <= _MIN_REPEATS + self.matched else None

    def _unexpected(self, request: Exchange, meaning: str) -> Difference:
        """The difference between an unexpected request and the recorded request that should have come.

        The request that should have come is the next recorded one. If any order is allowed, it is the next
        recorded one of the same operation; if there is none, it is the next recorded one.
        """
        first = self.missed[0]
        if meaning in self._last_answers:
            text = request_text(request)
            repeated = phrase("{request}, again and again", request=text)
            repeated = repeated if self._repeats > 1 else phrase("{request}, once more", request=text)
            return difference_at(first, "request", request_text(first), repeated)
        same_operation = (exchange for exchange in self.missed if exchange.operation == request.operation)
        return request_difference(first if self._in_order else next(same_operation, first), request)


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
    heartbeat = exchange.request_json() if exchange.operation == "heartbeat" else None
    name = heartbeat.get("server_name") if isinstance(heartbeat, dict) else None
    return name if isinstance(name, str) else exchange.server or ""


def _answer_bytes(status: int, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    kept = [f"{name}: {text}\r\n" for name, text in headers if name not in _CONNECTION_HEADERS]
    head = f"HTTP/1.1 {status} \r\n{''.join(kept)}content-length: {len(body)}\r\n\r\n"
    return head.encode("latin-1", "replace") + body


def _end_connection(connection: socket.socket, ending: Ending) -> None:
    """Ends the connection in the recorded way. A complete answer leaves it open."""
    if ending is Ending.WHOLE:
        return
    if ending is Ending.GARBLED:
        connection.sendall(b"\0\0\0\0")
    if ending is Ending.HUNG:
        while connection.recv(_READ_SIZE):
            pass
    if ending in (Ending.RESET, Ending.RESET_IN_ANSWER):
        reset_on_close(connection)
        connection.close()
        return
    connection.shutdown(socket.SHUT_RDWR)
