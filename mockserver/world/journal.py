"""The newest exchanges of a world, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from workerkit.mockserver.http.answer import RawHeaders
from workerkit.mockserver.http.headers import decode_headers
from workerkit.openapi.exchange import Exchange, Headers

CAPACITY = 10_000
MAX_BODY_BYTES = 64 * 2**20


@dataclass(slots=True)  # not frozen: a frozen one takes more than twice as long to create
class JournalNote:
    """A compact form of an exchange. The mock creates it much faster than an `Exchange`.

    Its answer headers are not decoded yet. It has the fields of `Exchange`, in its order.
    """

    number: int
    operation: str | None
    server: str | None
    method: str
    path: str
    query: str
    request_headers: Headers
    request_body: bytes
    status: int
    answer_headers: RawHeaders
    answer_body: bytes
    began: float
    ended: float
    why: str

    def to_exchange(self) -> Exchange:
        """The full exchange."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return Exchange(**{**values, "answer_headers": decode_headers(self.answer_headers).pairs})


Listener = Callable[[Exchange | JournalNote], None]


class Journal:
    """Keeps the newest exchanges of a world, the oldest first.

    capacity: how many exchanges the journal keeps at most.
    max_body_bytes: how many bytes all kept bodies have together at most. The newest exchange is always kept.
    count: how many exchanges were ever added.
    ended_count: how often an exchange got its final form after it was added.

    An exchange can be added as a compact note. The journal turns notes into exchanges when they are read.
    """

    def __init__(self, capacity: int = CAPACITY, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._kept: deque[Exchange | JournalNote] = deque()
        self._has_notes = False
        self._capacity, self._max_body_bytes, self._body_bytes = capacity, max_body_bytes, 0
        self._listeners: list[Listener] = []
        self.count = self.ended_count = 0

    @property
    def dropped(self) -> int:
        """How many old exchanges the journal has dropped."""
        return self.count - len(self._kept)

    def restore(self, count: int, kept: Iterable[Exchange] = ()) -> None:
        """Replaces the exchanges and the count by those of another journal.

        The next exchange then gets the number `count + 1`.

        count: the count of the other journal.
        kept: the exchanges that the other journal kept, the oldest first.
        """
        self._kept = deque(kept)
        self.count, self._body_bytes = count, sum(map(_body_size, self._kept))

    def next_number(self) -> int:
        """The number of the next exchange. The first exchange has number 1."""
        return self.count + 1

    def add_note(self, note: JournalNote) -> None:
        """Adds an exchange as a note, and calls the listeners."""
        self._has_notes = True
        self._append(note)
        self._call_listeners(note)

    def add(self, exchange: Exchange) -> None:
        """Adds an exchange and calls the listeners."""
        self.begin(exchange)
        self._call_listeners(exchange)

    def begin(self, exchange: Exchange) -> None:
        """Adds an exchange whose answer is not sent yet. The listeners are called by `end`."""
        self._append(exchange)

    def end(self, begun: Exchange, ended: Exchange) -> None:
        """Replaces an exchange by its final form, and calls the listeners.

        begun: the exchange that was added by `begin`.
        ended: the same exchange in its final form.
        """
        self.ended_count += 1
        index = begun.number - 1 - self.dropped
        if 0 <= index < len(self._kept) and self._kept[index] is begun:
            self._kept[index] = ended
            self._body_bytes += _body_size(ended) - _body_size(begun)
        self._call_listeners(ended)

    def add_listener(self, listener: Listener) -> None:
        """Calls `listener` with each exchange from now on, as a note if it was added as one.

        A listener must not wait and must not raise.
        """
        self._listeners.append(listener)

    def remove_listener(self, listener: Listener) -> None:
        """Does not call this listener any more. Raises ValueError if it was not added."""
        self._listeners.remove(listener)

    def newest(self, count: int | None = None) -> list[Exchange | JournalNote]:
        """The newest exchanges that are kept now, at most `count`, the oldest first. None: all of them.

        Unlike an iteration over the journal, this does not turn the notes into exchanges, so it is fast.
        """
        return list(islice(reversed(self._kept), count))[::-1]

    def _append(self, exchange: Exchange | JournalNote) -> None:
        kept = self._kept
        self.count += 1
        kept.append(exchange)
        self._body_bytes += _body_size(exchange)
        while len(kept) > self._capacity or (self._body_bytes > self._max_body_bytes and len(kept) > 1):
            self._body_bytes -= _body_size(kept.popleft())

    def _call_listeners(self, exchange: Exchange | JournalNote) -> None:
        for listener in self._listeners:
            listener(exchange)

    def __iter__(self) -> Iterator[Exchange]:
        exchanges = tuple(map(as_exchange, self._kept))
        if self._has_notes:
            self._kept, self._has_notes = deque(exchanges), False
        return iter(exchanges)

    def __len__(self) -> int:
        return len(self._kept)


def as_exchange(kept: Exchange | JournalNote) -> Exchange:
    """The exchange of an entry of the journal."""
    return kept if isinstance(kept, Exchange) else kept.to_exchange()


def _body_size(exchange: Exchange | JournalNote) -> int:
    return len(exchange.request_body) + len(exchange.answer_body)
