"""Sends a chunk without a length."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.faults.pieces import cut
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.scenarios.faults import MalformedChunk


class MalformedChunkAction(FaultAction[MalformedChunk]):
    """The first chunk is sound."""

    async def deliver(self, answer: Answer, delivery: Delivery, onward: Deliver) -> None:
        first = cut(answer.body, self.fault.share)
        unmeasured = answer.with_header(b"content-length", None)
        await delivery.head(unmeasured.with_header(b"transfer-encoding", b"chunked"))
        await delivery.part(first, last=False)
        delivery.raw(b"chunk\r\n%s\r\n" % answer.body[len(first) :])
        await delivery.connection.close()
