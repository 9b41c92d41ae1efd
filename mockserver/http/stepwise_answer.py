"""An answer in JSON that is made in short steps. Between the steps the mock answers other requests."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from workerkit.mockserver.http.connection import EXTENSION, Connection
from workerkit.mockserver.steady_clock import steady_seconds
from workerkit.openapi.formats.json_parts import json_parts
from workerkit.openapi.formats.steps import Steps

T = TypeVar("T")
_STEP_SECONDS = 0.0003
_BYTES_TO_SEND = 2**16


class Turns:
    """Lets the long answers of one mock work one after another.

    The mock answers all waiting requests after each step of one long answer. So the number of long answers
    does not matter for the time that a request waits.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def wait(self) -> None:
        """Waits until the mock has answered the waiting requests, and it is this caller's turn."""
        async with self._lock:
            await asyncio.sleep(0)

    async def finish(self, steps: Steps[T]) -> T:
        """Does long work, and answers other requests in the meantime. Returns the result of the work."""
        end = steady_seconds() + _STEP_SECONDS
        while True:
            try:
                next(steps)
            except StopIteration as result:
                value: T = result.value
                return value
            if steady_seconds() >= end:
                await self.wait()
                end = steady_seconds() + _STEP_SECONDS


class StepwiseAnswer(Response):
    """An HTTP answer with a JSON object. A step takes about a third of a millisecond.

    value: the object, as `json_parts` expects it.
    turns: the turns that all long answers of the mock share.
    """

    def __init__(self, value: Mapping[str, Any], status: int, turns: Turns) -> None:
        super().__init__(status_code=status, media_type="application/json")
        del self.headers["content-length"]
        self._steps = _Steps(json_parts(value))
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection: Connection = scope["extensions"][EXTENSION]["connection"]
        # HTTP/1.0 has no answers of unknown length.
        bytes_to_send = sys.maxsize if scope["http_version"] == "1.0" else _BYTES_TO_SEND
        is_begun, text = False, self._steps.next()
        while not self._steps.is_complete:
            await self._turns.wait()
            if connection.is_lost:
                return
            text += self._steps.next()
            if len(text) >= bytes_to_send:
                await self._send(send, text, begin=not is_begun, more=True)
                is_begun, text = True, b""
        if not is_begun:
            self.headers["content-length"] = str(len(text))
        await self._send(send, text, begin=not is_begun, more=False)

    async def _send(self, send: Send, text: bytes, *, begin: bool, more: bool) -> None:
        if begin:
            start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            await send(start)
        await send({"type": "http.response.body", "body": text, "more_body": more})


class _Steps:
    """Collects the parts of a text, for a short time at each call of `next`.

    is_complete: whether the text is complete.
    """

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self.is_complete = False

    def next(self) -> bytes:
        """The parts that can be made in one step."""
        end, collected = steady_seconds() + _STEP_SECONDS, list[bytes]()
        for part in self._parts:
            collected.append(part)
            if steady_seconds() >= end:
                return b"".join(collected)
        self.is_complete = True
        return b"".join(collected)
