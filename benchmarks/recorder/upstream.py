"""`python -m benchmarks.recorder.upstream PORT`: the server behind the recorders. It answers all cases."""

from __future__ import annotations

import asyncio
import re
import sys
from typing import cast

import uvloop

from benchmarks.recorder.case import FRESH, OTHER_FRESH, Case, cases

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_DIGITS = re.compile(rb"([0-9a-f]{8})-0000-4000-8")


class _CaseAnswers(asyncio.Protocol):
    def __init__(self, all_cases: tuple[Case, ...]) -> None:
        self._cases = all_cases
        self._received = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The transports of uvloop have the same methods as the class of asyncio, but do not inherit from it.
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if _is_complete(self._received):
            self._transport.write(_answer(self._cases, self._received))
            self._received = b""


def _is_complete(request: bytes) -> bool:
    end = request.find(b"\r\n\r\n")
    match = _LENGTH.search(request, 0, max(end, 0))
    return end >= 0 and len(request) - end - 4 >= (int(match[1]) if match else 0)


def _answer(all_cases: tuple[Case, ...], request: bytes) -> bytes:
    matching = (case for case in all_cases if request.startswith(case.request_start))
    case = max(matching, key=lambda case: len(case.request_start))
    digits = _DIGITS.search(request)
    fresh = digits[1] if digits else b""
    body = case.answer.replace(FRESH, fresh).replace(OTHER_FRESH, fresh[::-1])
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    return head + body


async def _serve(port: int) -> None:
    all_cases = cases()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _CaseAnswers(all_cases), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1])))
