"""`python -m benchmarks.peers.servers.bare_socket PORT ANSWERS`: one fixed answer for each method."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import cast

import uvloop

Answers = dict[bytes, bytes]


class _FixedAnswers(asyncio.Protocol):
    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The transports of uvloop have the same methods as the class of asyncio, but do not inherit from it.
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        # The first three letters are enough to know the method.
        answer = self._answers.get(data[:3])
        if answer is not None:
            self._transport.write(answer)


def _read(path: Path) -> Answers:
    answers = json.loads(path.read_text("utf-8"))
    return {method[:3].encode(): _answer(body.encode()) for method, body in answers.items()}


def _answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


async def _serve(port: int, answers: Answers) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _FixedAnswers(answers), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1]), _read(Path(sys.argv[2]))))
