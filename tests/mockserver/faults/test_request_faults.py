"""The end of an exchange that a fault was applied to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from workerkit.mockserver.http.connection import EXTENSION
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds


class OpenConnection:
    """A connection that the client never closes."""

    def check(self) -> None:
        pass

    def expect_delivery(self, note_undelivered: Callable[[], None]) -> None:
        pass


def test_an_exchange_ends_when_its_last_byte_is_sent() -> None:
    """The time that the mock needs after that does not count: the client may already have continued."""
    time = 0.0
    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=1, timer=lambda: time)).world
    add_described_fault(world, {"fault": "status", "status": 429, "retry_after": 1})
    headers = [(b"x-api-key", b"server-01-key")]
    scope: dict[str, Any] = {"method": "GET", "raw_path": b"/api/v1/worker/tasks", "query_string": b""}
    scope |= {"headers": headers, "extensions": {EXTENSION: {"connection": OpenConnection()}}}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        nonlocal time
        time += 0 if message.get("more_body", True) else 5

    asyncio.run(WorkerApp(worlds)(scope, receive, send))
    (exchange,) = world.journal
    assert (exchange.status, exchange.ended - exchange.began) == (429, 0)
