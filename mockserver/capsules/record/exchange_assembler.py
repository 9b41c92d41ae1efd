"""What goes over one connection, as exchanges."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from workerkit.mockserver.capsules.file.capsule import Ending, Recorded
from workerkit.mockserver.capsules.http.framing import Framer, Head, NotHttpError, Piece
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import operation_of

_MOST_BYTES = 64 * 2**20
Listener = Callable[[Recorded], None]


@dataclass(slots=True)
class _Open:
    """An exchange that is not over."""

    asked: Head
    began: float
    request: bytearray = field(default_factory=bytearray)
    answered: Head | None = None
    answer: bytearray = field(default_factory=bytearray)


class ExchangeAssembler:
    """Hears both directions of a connection and tells of each exchange as it ends."""

    def __init__(self, listener: Listener, now: Callable[[], float]) -> None:
        self._listener = listener
        self._now = now
        self._open: deque[_Open] = deque()
        self._answers = Framer(answers=True)
        self._garbled = False
        self._gave_up = False

    def asked(self, piece: Piece) -> None:
        """Hears a piece of what the client sends."""
        if piece.head is not None:
            self._open.append(_Open(piece.head, self._now()))
            self._expect()
        if self._open:
            _keep(self._open[-1].request, piece.payload)

    def answered(self, data: bytes) -> None:
        """Hears what the server sends."""
        if self._garbled or not self._open:
            return
        try:
            for piece in self._answers.feed(data):
                self._hear(piece)
        except NotHttpError:
            self._garbled = True

    def gave_up(self) -> None:
        """The client has nothing more to say and may be gone."""
        self._gave_up = True

    def ended(self, *, reset: bool) -> None:
        """The connection is over; `reset` where the server ended it so."""
        for each in self._open:
            self._tell(each, self._ending(each, reset=reset))
        self._open.clear()

    def _hear(self, piece: Piece) -> None:
        if not self._open:
            return
        current = self._open[0]
        current.answered = piece.head or current.answered
        _keep(current.answer, piece.payload)
        if piece.last:
            self._open.popleft()
            self._tell(current, Ending.WHOLE)
            self._expect()

    def _expect(self) -> None:
        if self._open and self._open[0].answered is None:
            self._answers.expects_no_body = self._open[0].asked.line[0] == "HEAD"

    def _ending(self, each: _Open, *, reset: bool) -> Ending:
        is_current = each is self._open[0]
        if is_current and self._garbled:
            return Ending.GARBLED
        if is_current and (each.answered is not None or not self._answers.is_between):
            if self._answers.ends_at_close and not reset:
                return Ending.WHOLE
            return Ending.RESET_IN_ANSWER if reset else Ending.CUT
        if self._gave_up:
            return Ending.HUNG
        return Ending.RESET if reset else Ending.CLOSED

    def _tell(self, each: _Open, ending: Ending) -> None:
        method, target, _ = each.asked.line
        path, _, query = target.partition("?")
        head = each.answered
        exchange = Exchange(
            number=0,
            operation=operation_of(method, path),
            server=None,
            method=method,
            path=path,
            query=query,
            request_headers=each.asked.headers,
            request_body=bytes(each.request),
            status=None if head is None else head.status,
            answer_headers=() if head is None else head.headers,
            answer_body=bytes(each.answer),
            began=each.began,
            ended=self._now(),
        )
        self._listener(Recorded(exchange, ending))


def _keep(kept: bytearray, payload: bytes) -> None:
    kept += payload[: max(0, _MOST_BYTES - len(kept))]
