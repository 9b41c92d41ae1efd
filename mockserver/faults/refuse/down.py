"""The fault `down`: resets the connection, and the port refuses connections for some time."""

from __future__ import annotations

from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.world.refusal import FaultAnswerError
from workerkit.scenarios.faults.refuse.down import Down
from workerkit.scenarios.fields.duration import duration_text


class DownAction(FaultAction[Down]):
    """Refuses the request, closes the port of the world, and resets the connection."""

    always_applies = False

    def before_handling(self) -> None:
        self.record(f"the port is closed for {duration_text(self.fault.seconds)}")
        raise FaultAnswerError(self.journal_text)

    async def deliver(self, answer: Answer, delivery: Delivery, deliver_next: Deliver) -> None:
        if self.world.close_port is not None:
            self.world.close_port(self.fault.seconds)
        await delivery.connection.reset()
