"""Sends a chunk without a length."""

from __future__ import annotations

from dataclasses import replace

from workerkit.mockserver.answer import Answer
from workerkit.mockserver.faults.deed import Deed, Deliver
from workerkit.mockserver.faults.pieces import cut
from workerkit.mockserver.line import Line
from workerkit.scenarios.faults import MalformedChunk


class MalformedChunkDeed(Deed[MalformedChunk]):
    """The first chunk is sound."""

    async def deliver(self, answer: Answer, line: Line, onward: Deliver) -> None:
        first = cut(answer.body, self.fault.share)
        headers = [each for each in answer.headers if each[0] != b"content-length"]
        await line.head(replace(answer, headers=[*headers, (b"transfer-encoding", b"chunked")]))
        await line.part(first, last=False)
        line.raw(b"chunk\r\n%s\r\n" % answer.body[len(first) :])
        await line.wire.close()
