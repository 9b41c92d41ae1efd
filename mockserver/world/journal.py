"""The exchanges of a world, newest last, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from workerkit.mockserver.world.journal_note import JournalNote
from workerkit.openapi.exchange import Exchange

CAPACITY = 10_000
MOST_BYTES = 64 * 2**20
Listener = Callable[[Exchange], None]


class Journal:
    """Keeps the newest exchanges: up to `capacity`, and up to `most_bytes` of bodies, the newest in any case.

    `dropped` says how many older ones are gone. A note becomes an exchange when somebody reads it.
    """

    def __init__(self, capacity: int = CAPACITY, most_bytes: int = MOST_BYTES) -> None:
        self._kept: deque[Exchange | JournalNote] = deque()
        self._has_notes = False
        self._capacity, self._most_bytes, self._bytes = capacity, most_bytes, 0
        self._listeners: list[Listener] = []
        self.count = 0

    @property
    def dropped(self) -> int:
        """How many exchanges came that are no longer kept."""
        return self.count - len(self._kept)

    def resume(self, count: int, kept: Iterable[Exchange] = ()) -> None:
        """Goes on from where a journal of so many exchanges, of which these are kept, had come to."""
        self._kept = deque(kept)
        self.count, self._bytes = count, sum(map(_size, self._kept))

    def next_number(self) -> int:
        """The number that the next exchange gets; the first is 1."""
        return self.count + 1

    def note(self, note: JournalNote) -> None:
        """Keeps an exchange, of which the listeners hear as well."""
        if self._listeners:
            self.add(note.exchange())
        else:
            self._has_notes = True
            self._keep(note)

    def add(self, exchange: Exchange) -> None:
        """Keeps an exchange and tells the listeners."""
        self.begin(exchange)
        self._tell(exchange)

    def begin(self, exchange: Exchange) -> None:
        """Keeps an exchange whose answer is not sent yet; the listeners hear of it when it ends."""
        self._keep(exchange)

    def end(self, begun: Exchange, ended: Exchange) -> None:
        """Puts an exchange as it ended in the place of the one that began, and tells the listeners."""
        place = begun.number - 1 - self.dropped
        if 0 <= place < len(self._kept) and self._kept[place] is begun:
            self._kept[place] = ended
            self._bytes += _size(ended) - _size(begun)
        self._tell(ended)

    def listen(self, listener: Listener) -> None:
        """Calls `listener` with every exchange from now on; it must neither wait nor raise."""
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Calls this listener no more; raises ValueError where it is none."""
        self._listeners.remove(listener)

    def newest(self, count: int) -> list[Exchange]:
        """The newest of those that are kept, up to `count`; the oldest of them first."""
        return [_read(each) for each in islice(reversed(self._kept), count)][::-1]

    def _keep(self, exchange: Exchange | JournalNote) -> None:
        kept = self._kept
        self.count += 1
        kept.append(exchange)
        self._bytes += _size(exchange)
        while len(kept) > self._capacity or (self._bytes > self._most_bytes and len(kept) > 1):
            self._bytes -= _size(kept.popleft())

    def _tell(self, exchange: Exchange) -> None:
        for listener in self._listeners:
            listener(exchange)

    def __iter__(self) -> Iterator[Exchange]:
        exchanges = tuple(map(_read, self._kept))
        if self._has_notes:
            self._kept, self._has_notes = deque(exchanges), False
        return iter(exchanges)

    def __len__(self) -> int:
        return len(self._kept)


def _read(kept: Exchange | JournalNote) -> Exchange:
    return kept if isinstance(kept, Exchange) else kept.exchange()


def _size(exchange: Exchange | JournalNote) -> int:
    return len(exchange.request_body) + len(exchange.answer_body)
