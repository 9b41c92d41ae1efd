"""The exchanges of a world, newest last, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

from workerkit.openapi.exchange import Exchange

CAPACITY = 10_000
MOST_BYTES = 64 * 2**20
Listener = Callable[[Exchange], None]


class Journal:
    """Keeps the newest exchanges: up to `capacity`, and up to `most_bytes` of bodies, the newest in any case.

    `dropped` says how many older ones are gone.
    """

    def __init__(self, capacity: int = CAPACITY, most_bytes: int = MOST_BYTES) -> None:
        self._kept: deque[Exchange] = deque()
        self._capacity, self._most_bytes, self._bytes = capacity, most_bytes, 0
        self._listeners: list[Listener] = []
        self.count = 0

    @property
    def dropped(self) -> int:
        """How many exchanges came that are no longer kept."""
        return self.count - len(self._kept)

    def resume(self, count: int) -> None:
        """Goes on counting from a number; nothing is kept of what was before."""
        self._kept.clear()
        self.count, self._bytes = count, 0

    def next_number(self) -> int:
        """The number that the next exchange gets; the first is 1."""
        return self.count + 1

    def add(self, exchange: Exchange) -> None:
        """Keeps an exchange and tells the listeners."""
        self.begin(exchange)
        self._tell(exchange)

    def begin(self, exchange: Exchange) -> None:
        """Keeps an exchange whose answer is not sent yet; the listeners hear of it when it ends."""
        self.count += 1
        self._kept.append(exchange)
        self._bytes += _size(exchange)
        while len(self._kept) > self._capacity or (self._bytes > self._most_bytes and len(self._kept) > 1):
            self._bytes -= _size(self._kept.popleft())

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

    def _tell(self, exchange: Exchange) -> None:
        for listener in self._listeners:
            listener(exchange)

    def newest(self, count: int) -> list[Exchange]:
        """The newest of those that are kept, up to `count`; the oldest of them first."""
        return list(islice(reversed(self._kept), count))[::-1]

    def __iter__(self) -> Iterator[Exchange]:
        return iter(tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)


def _size(exchange: Exchange) -> int:
    return len(exchange.request_body) + len(exchange.answer_body)
