"""Server-sent events: what happens in the worlds, to readers who may be slow, dead or gone."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from workerkit.mockserver.http.connection import EXTENSION
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.worlds import News, Worlds
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.timestamp import written
from workerkit.openapi.masking.mask import Mask
from workerkit.scenarios.run_record.change import Change

_MOST_EVENTS = 1000
_MOST_BYTES = 4 * 2**20
_SECONDS_OF_SILENCE = 15.0


class Events:
    """The readers of events. While there are none, nothing is spent on events."""

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds
        self._readers: set[Reader] = set()
        self._count = 0
        self._closed = False

    def __len__(self) -> int:
        """How many read now."""
        return len(self._readers)

    def add(self, reader: Reader) -> None:
        """Tells a reader of everything from now on."""
        if not self._readers:
            self._worlds.watch(self._publish)
        self._readers.add(reader)
        if self._closed:
            reader.end()

    def forget(self, reader: Reader) -> None:
        """Tells a reader nothing more."""
        self._readers.discard(reader)
        if not self._readers:
            self._worlds.unwatch(self._publish)

    def close(self) -> None:
        """Ends every reader's stream, now and from now on."""
        self._closed = True
        for reader in self._readers:
            reader.end()

    def _publish(self, world: World, news: News) -> None:
        self._count += 1
        readers = [reader for reader in self._readers if reader.world in (None, world.name)]
        if readers:
            event = _event(self._count, *event_json(world, news))
            for reader in readers:
                reader.put(event)


class Reader:
    """What one reader has not got yet: the newest 1,000 events, and 4 MiB at most; older ones are counted.

    `world` is the name of the only world to tell of, or None for all. `hang_up`, where it is known how, cuts
    the connection of a reader who has not taken what was sent.
    """

    def __init__(self, world: str | None) -> None:
        self.world = world
        self.hang_up: Callable[[], None] | None = None
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._dropped = 0
        self._news = asyncio.Event()
        self._is_ended = False

    @property
    def waiting_bytes(self) -> int:
        """How much waits for it."""
        return self._bytes

    def put(self, event: bytes) -> None:
        """Adds an event; where there is no room, the oldest go."""
        self._waiting.append(event)
        self._bytes += len(event)
        while len(self._waiting) > _MOST_EVENTS or self._bytes > _MOST_BYTES:
            self._bytes -= len(self._waiting.popleft())
            self._dropped += 1
        self._news.set()

    def end(self) -> None:
        """Ends the stream and, where the reader does not take what was sent, the connection."""
        self._is_ended = True
        self._news.set()
        if self.hang_up is not None:
            self.hang_up()

    async def stream(self) -> AsyncIterator[bytes]:
        """The events as they go on the wire, from a first line that says that the mock listens."""
        yield b": listening\n\n"
        while not self._is_ended:
            for part in self._taken():
                yield part
            if not (self._waiting or self._dropped or self._is_ended):
                yield await self._silence()

    def _taken(self) -> list[bytes]:
        """What there is to send now: how many events are gone, if any, and the oldest that is there."""
        parts = [_event(None, "dropped", {"dropped": self._dropped})] if self._dropped else []
        self._dropped = 0
        if self._waiting:
            parts.append(self._waiting.popleft())
            self._bytes -= len(parts[-1])
        return parts

    async def _silence(self) -> bytes:
        """Waits for news; returns a comment to send where there are none, so that the dead are noticed."""
        self._news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS_OF_SILENCE):
                await self._news.wait()
                return b""
        return b": silence\n\n"


class EventStream(StreamingResponse):
    """An answer that goes on until its reader leaves or the mock stops."""

    def __init__(self, events: Events, world: str | None) -> None:
        self._events, self._reader = events, Reader(world)
        content = self._reader.stream()
        super().__init__(content, headers={"cache-control": "no-store"}, media_type="text/event-stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wire = scope.get("extensions", {}).get(EXTENSION, {}).get("wire")
        self._reader.hang_up = wire.cut_unsent if wire is not None else None
        self._events.add(self._reader)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._events.forget(self._reader)


def event_json(world: World, news: News) -> tuple[str, dict[str, Any]]:
    """The kind of an event and what it says, without secrets."""
    mask = mask_of(world)
    if isinstance(news, Change):
        return "change", {"world": world.name, **_shown(news, mask)}
    return "exchange", {"world": world.name, **mask.exchange(news)}


def _shown(change: Change, mask: Mask) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "id": change.id,
        "field": change.field,
        "was": mask.under([change.field], change.was),
        "now": mask.under([change.field], change.now),
        "time": written(change.at),
        "by": change.by,
    }


def _event(number: int | None, kind: str, said: dict[str, Any]) -> bytes:
    """An event in its form on the wire. JSON has no line breaks in it, which would end a line of data."""
    head = f"event: {kind}\n" if number is None else f"id: {number}\nevent: {kind}\n"
    return head.encode() + b"data: " + render(said) + b"\n\n"
