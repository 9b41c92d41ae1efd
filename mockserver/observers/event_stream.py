"""Sends the events of worlds to HTTP clients as server-sent events. Slow clients do not delay the mock."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from workerkit.mockserver.http.connection import connection_of
from workerkit.mockserver.world.journal import as_exchange
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.worlds import ExchangeOrChange, Worlds
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.timestamp import time_text
from workerkit.openapi.masking.mask import Mask
from workerkit.scenarios.run_record.change import Change

_MAX_EVENTS = 1000
_MAX_BYTES = 4 * 2**20
_SECONDS_TO_COMMENT = 15.0
_SECONDS_TO_TELL_DROPPED = 0.5
# The longest pause after there was no time for an event.
_MOST_SECONDS_TO_WAIT = 0.5
# To send a part costs nearly as much as to make an event. So the events of this time are sent together.
_SECONDS_TO_COLLECT = 0.05
_PART_BYTES = 2**16
# Events may take this share of the time of the mock, and so many seconds at once. Requests need the rest.
_SHARE = 0.02
_MOST_SECONDS = 0.05


class EventPublisher:
    """Gives the events of all worlds to the readers. Without readers the worlds spend no time on events.

    Making the events takes at most 2% of the time. The events for which there is no time are dropped and
    counted.

    allowance: the time for making events. None for at most 2% of the time.
    """

    def __init__(self, worlds: Worlds, allowance: TimeAllowance | None = None) -> None:
        self._worlds = worlds
        self._allowance = allowance or TimeAllowance(_SHARE, _MOST_SECONDS)
        self._readers: set[EventReader] = set()
        self._count = 0
        self._missed: Counter[str] = Counter()
        self._is_pausing = False
        self._closed = False

    def add(self, reader: EventReader) -> None:
        """Gives a reader all events from now on."""
        self._tell_missed()
        if not self._readers:
            self._worlds.subscribe(self._publish)
        self._readers.add(reader)
        if self._closed:
            reader.end()

    def remove(self, reader: EventReader) -> None:
        """Gives a reader no more events."""
        self._readers.discard(reader)
        if not self._readers:
            self._worlds.unsubscribe(self._publish)

    def close(self) -> None:
        """Ends the streams of all readers. The stream of a later reader ends at once."""
        self._closed = True
        for reader in self._readers:
            reader.end()

    def _publish(self, world: World, item: ExchangeOrChange) -> None:
        self._count += 1
        # While there is no time for events, this is all that an event costs.
        if self._is_pausing:
            self._missed[world.name] += 1
        elif self._allowance.is_left():
            self._send(world, item)
        else:
            self._missed[world.name] += 1
            self._is_pausing = True
            asyncio.get_running_loop().call_later(self._allowance.seconds_to_wait(), self._end_pause)

    def _send(self, world: World, item: ExchangeOrChange) -> None:
        readers = [reader for reader in self._readers if reader.reads(world.name)]
        if not readers:
            return
        began = time.thread_time()
        event = _event_bytes(self._count, *event_as_json(world, item))
        self._allowance.spend(time.thread_time() - began)
        for reader in readers:
            reader.put(event)

    def _end_pause(self) -> None:
        self._is_pausing = False
        self._tell_missed()

    def _tell_missed(self) -> None:
        """Tells the readers how many events of their worlds were not made."""
        for reader in self._readers:
            missed = sum(count for name, count in self._missed.items() if reader.reads(name))
            if missed:
                reader.drop(missed)
        self._missed.clear()


class TimeAllowance:
    """Limits a kind of work to a share of the time.

    share: the share, from 0 to 1.
    most: the seconds that can be saved, and used at once.
    now: a clock in seconds. It never goes back.
    """

    def __init__(self, share: float, most: float, now: Callable[[], float] = time.monotonic) -> None:
        self._share, self._most, self._now = share, most, now
        self._left, self._at = most, now()

    def is_left(self) -> bool:
        """Whether the work may be done now."""
        now = self._now()
        self._left = min(self._most, self._left + self._share * (now - self._at))
        self._at = now
        return self._left > 0

    def seconds_to_wait(self) -> float:
        """The seconds until the work may be done again, at most 0.5."""
        return min(_MOST_SECONDS_TO_WAIT, -self._left / self._share) if self._share else _MOST_SECONDS_TO_WAIT

    def spend(self, seconds: float) -> None:
        """Notes how long the work took."""
        self._left -= seconds


class EventReader:
    """The events that one client has not received yet.

    At most the newest 1,000 events and 4 MiB are kept. Older events are dropped and counted.

    world: the name of the world to read. None for all worlds.
    close_connection: closes the client's connection if it has unsent bytes. May be None.
    """

    def __init__(self, world: str | None) -> None:
        self.world = world
        self.close_connection: Callable[[], None] | None = None
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._dropped = 0
        self._is_late = False
        self._wake = asyncio.Event()
        self._is_ended = False

    def put(self, event: bytes) -> None:
        """Adds an event. If there is no room, drops the oldest events."""
        self._waiting.append(event)
        self._bytes += len(event)
        while len(self._waiting) > _MAX_EVENTS or self._bytes > _MAX_BYTES:
            self._bytes -= len(self._waiting.popleft())
            self._dropped += 1
        self._wake.set()

    def reads(self, world: str) -> bool:
        """Whether this client gets the events of a world."""
        return self.world is None or self.world == world

    def drop(self, count: int) -> None:
        """Counts events that the client does not get. The client is told soon, not at once."""
        self._dropped += count
        if not self._is_late:
            self._is_late = True
            asyncio.get_running_loop().call_later(_SECONDS_TO_TELL_DROPPED, self._tell)

    def _tell(self) -> None:
        self._is_late = False
        self._wake.set()

    def end(self) -> None:
        """Ends the stream. If the client does not read the sent bytes, closes its connection."""
        self._is_ended = True
        self._wake.set()
        if self.close_connection is not None:
            self.close_connection()

    async def stream(self) -> AsyncIterator[bytes]:
        """Returns the bytes of the stream. First a comment says that the mock listens; the events follow."""
        yield b": listening\n\n"
        while not self._is_ended:
            if part := self._next_part():
                yield part
            if not (self._waiting or self._dropped or self._is_ended):
                yield await self._wait_for_event()

    def _next_part(self) -> bytes:
        """Returns the number of dropped events, if there are any, and the oldest waiting events, together."""
        part = _event_bytes(None, "dropped", {"dropped": self._dropped}) if self._dropped else b""
        self._dropped = 0
        events = []
        size = len(part)
        while self._waiting and size < _PART_BYTES:
            events.append(self._waiting.popleft())
            size += len(events[-1])
        self._bytes -= size - len(part)
        return part + b"".join(events)

    async def _wait_for_event(self) -> bytes:
        """Waits for events, and then a moment for more. After 15 seconds without events it returns a comment.

        If the client is gone, sending the comment fails. In this way the mock notices that it is gone.
        """
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS_TO_COMMENT):
                await self._wake.wait()
        if not self._wake.is_set():
            return b": silence\n\n"
        if not self._is_ended:
            await asyncio.sleep(_SECONDS_TO_COLLECT)
        return b""


class EventStream(StreamingResponse):
    """An HTTP answer with events. It ends when the client leaves or the mock stops.

    events: gives the events.
    world: the name of the world to read. None for all worlds.
    """

    def __init__(self, events: EventPublisher, world: str | None) -> None:
        self._events, self._reader = events, EventReader(world)
        content = self._reader.stream()
        super().__init__(content, headers={"cache-control": "no-store"}, media_type="text/event-stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = connection_of(scope)
        self._reader.close_connection = connection.abort_if_unsent if connection is not None else None
        self._events.add(self._reader)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._events.remove(self._reader)


def event_as_json(world: World, item: ExchangeOrChange) -> tuple[str, dict[str, Any]]:
    """Returns the kind of an event (`exchange` or `change`) and its data as JSON, without secrets."""
    mask = mask_of(world)
    if isinstance(item, Change):
        return "change", {"world": world.name, **_change_as_json(item, mask)}
    return "exchange", {"world": world.name, **mask.exchange(as_exchange(item))}


def _change_as_json(change: Change, mask: Mask) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "id": change.id,
        "field": change.field,
        "was": mask.value_in_fields([change.field], change.was),
        "now": mask.value_in_fields([change.field], change.now),
        "time": time_text(change.at),
        "by": change.by,
    }


def _event_bytes(number: int | None, kind: str, data: dict[str, Any]) -> bytes:
    # A line break would end the data. The rendered JSON has none.
    head = f"event: {kind}\n" if number is None else f"id: {number}\nevent: {kind}\n"
    return head.encode() + b"data: " + render(data) + b"\n\n"
