"""The exchanges of a world, newest last, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from workerkit.openapi.exchange import Exchange

CAPACITY = 10_000
Listener = Callable[[Exchange], None]


class Journal:
    """Keeps the newest `capacity` exchanges; `dropped` says how many older ones are gone."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._kept: deque[Exchange] = deque(maxlen=capacity)
        self._listeners: list[Listener] = []
        self.count = 0

    @property
    def dropped(self) -> int:
        """How many exchanges came that are no longer kept."""
        return self.count - len(self._kept)

    def next_number(self) -> int:
        """The number that the next exchange gets; the first is 1."""
        return self.count + 1

    def add(self, exchange: Exchange) -> None:
        """Keeps an exchange and tells the listeners."""
        self.count += 1
        self._kept.append(exchange)
        for listener in self._listeners:
            listener(exchange)

    def listen(self, listener: Listener) -> None:
        """Calls `listener` with every exchange from now on; it must neither wait nor raise."""
        self._listeners.append(listener)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)
