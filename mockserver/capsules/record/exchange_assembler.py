"""Assembles exchanges from the bytes of one proxied connection."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from workerkit.mockserver.capsules.file.capsule import REQUEST_LEFT_OUT, Ending, RecordedExchange
from workerkit.mockserver.capsules.http.framing import Framer, Head, NotHttpError, Piece
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import operation_of

_MAX_BYTES = 64 * 2**20
_NOT_HTTP = f"{REQUEST_LEFT_OUT}: it is not valid HTTP"
ExchangeListener = Callable[[RecordedExchange], None]


@dataclass(slots=True)
class _OpenExchange:
    """An exchange that has begun and not ended."""

    request_head: Head
    began: float
    request_body: bytearray = field(default_factory=bytearray)
    answer_head: Head | None = None
    answer_body: bytearray = field(default_factory=bytearray)
    why: str = ""


class ExchangeAssembler:
    """Gets the bytes of both directions of a connection, and calls `listener` with each ended exchange."""

    def __init__(self, listener: ExchangeListener, now: Callable[[], float]) -> None:
        self._listener = listener
        self._now = now
        self._open: deque[_OpenExchange] = deque()
        self._answers = Framer(answers=True)
        self._is_garbled = False
        self._client_stopped = self._is_in_request = False

    def client_sent(self, piece: Piece) -> None:
        """Takes a piece of the client's stream."""
        if piece.head is not None:
            self._open.append(_OpenExchange(piece.head, self._now()))
            self._prepare_framer()
        if self._open:
            _append(self._open[-1].request_body, piece.payload)
        self._is_in_request = not piece.last

    def client_garbled(self) -> None:
        """The client's bytes are not valid HTTP from here on. The rest of its request is not known."""
        if self._open and self._is_in_request:
            self._open[-1].why = _NOT_HTTP

    def server_sent(self, data: bytes) -> None:
        """Takes bytes of the server's stream."""
        if self._is_garbled or not self._open:
            return
        try:
            for piece in self._answers.feed(data):
                self._take_answer_piece(piece)
        except NotHttpError:
            self._is_garbled = True

    def client_stopped(self) -> None:
        """The client sends nothing more, or is gone."""
        self._client_stopped = True

    def connection_ended(self, *, reset: bool) -> None:
        """Ends all open exchanges. `reset` is True if the server reset the connection."""
        for exchange in self._open:
            self._report(exchange, self._ending(exchange, reset=reset))
        self._open.clear()

    def _take_answer_piece(self, piece: Piece) -> None:
        if not self._open:
            return
        current = self._open[0]
        current.answer_head = piece.head or current.answer_head
        _append(current.answer_body, piece.payload)
        if piece.last:
            self._open.popleft()
            self._report(current, Ending.WHOLE)
            self._prepare_framer()

    def _prepare_framer(self) -> None:
        if self._open and self._open[0].answer_head is None:
            self._answers.next_is_answer_to_head = self._open[0].request_head.line[0] == "HEAD"

    def _ending(self, exchange: _OpenExchange, *, reset: bool) -> Ending:
        is_current = exchange is self._open[0]
        if is_current and self._is_garbled:
            return Ending.GARBLED
        if is_current and (exchange.answer_head is not None or not self._answers.is_between_messages):
            if self._answers.ends_at_close and not reset:
                return Ending.WHOLE
            return Ending.RESET_IN_ANSWER if reset else Ending.CUT
        if self._client_stopped:
            return Ending.HUNG
        return Ending.RESET if reset else Ending.CLOSED

    def _report(self, assembled: _OpenExchange, ending: Ending) -> None:
        method, target, _ = assembled.request_head.line
        path, _, query = target.partition("?")
        head = assembled.answer_head
        exchange = Exchange(
            number=0,
            operation=operation_of(method, path),
            server=None,
            method=method,
            path=path,
            query=query,
            request_headers=assembled.request_head.headers,
            request_body=b"" if assembled.why else bytes(assembled.request_body),
            status=None if head is None else head.status,
            answer_headers=() if head is None else head.headers,
            answer_body=bytes(assembled.answer_body),
            began=assembled.began,
            ended=self._now(),
            why=assembled.why,
        )
        self._listener(RecordedExchange(exchange, ending))


def _append(body: bytearray, payload: bytes) -> None:
    body += payload[: max(0, _MAX_BYTES - len(body))]
