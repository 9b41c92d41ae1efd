"""`python -m benchmarks.recorder.upstream PORT`: the server behind the recorders, which answers each case."""

from __future__ import annotations

import asyncio
import re
import sys
from typing import cast

import uvloop

from benchmarks.recorder.case import FRESH, OTHER_FRESH, Case, cases

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_DIGITS = re.compile(rb"([0-9a-f]{8})-0000-4000-8")


class _Answering(asyncio.Protocol):
    def __init__(self, asked: tuple[Case, ...]) -> None:
        self._asked = asked
        self._came = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not of asyncio's classes, though they do what those do.
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._came += data
        if _is_whole(self._came):
            self._transport.write(_answer(self._asked, self._came))
            self._came = b""


def _is_whole(request: bytes) -> bool:
    end = request.find(b"\r\n\r\n")
    found = _LENGTH.search(request, 0, max(end, 0))
    return end >= 0 and len(request) - end - 4 >= (int(found[1]) if found else 0)


def _answer(asked: tuple[Case, ...], request: bytes) -> bytes:
    case = max((each for each in asked if request.startswith(each.first)), key=lambda each: len(each.first))
    digits = _DIGITS.search(request)
    fresh = digits[1] if digits else b""
    body = case.answer.replace(FRESH, fresh).replace(OTHER_FRESH, fresh[::-1])
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    return head + body


async def _serve(port: int) -> None:
    asked = cases()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Answering(asked), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1])))
