"""The fault `malformed-chunk`: sends a chunk without a length."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.faults.pieces import first_part
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.scenarios.faults.spoil.malformed_chunk import MalformedChunk


class MalformedChunkAction(FaultAction[MalformedChunk]):
    """Sends one valid chunk, then the rest of the body as a chunk without a valid length."""

    async def deliver(self, answer: Answer, delivery: Delivery, deliver_next: Deliver) -> None:
        first = first_part(answer.body, self.fault.share)
        without_length = answer.with_header(b"content-length", None)
        await delivery.send_head(without_length.with_header(b"transfer-encoding", b"chunked"))
        await delivery.send_part(first, last=False)
        delivery.send_raw(b"chunk\r\n%s\r\n" % answer.body[len(first) :])
        await delivery.connection.close()
