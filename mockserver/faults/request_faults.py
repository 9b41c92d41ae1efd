"""Applies all faults of one request together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from workerkit.mockserver.faults import FAULT_ACTIONS
from workerkit.mockserver.faults.fault_action import Deliver, FaultAction
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.connection import ConnectionLostError
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.http.headers import decode_headers
from workerkit.mockserver.world.operations import Handler
from workerkit.mockserver.world.world import World
from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.run_record.applied_faults import AppliedFaults


class RequestFaults:
    """The faults that apply to one request, at least one.

    Call `before_handling`, `wrap_handler`, `begin_exchange` and `deliver` in this order. Do not call
    `wrap_handler` for a refused request. A fault wraps all faults that were added to the world after it.
    """

    def __init__(self, actions: Sequence[FaultAction[Any]], world: World) -> None:
        self._actions = actions
        self._world = world
        self._exchange: Exchange
        self._applied: AppliedFaults

    @property
    def applied(self) -> tuple[Fault, ...]:
        """The faults that were applied to the request so far, in the order in which they were added."""
        return tuple(action.fault for action in self._actions if action.journal_text)

    def now(self) -> float:
        """The time of the world's clock, in seconds since 1970."""
        return self._world.clock.now()

    def before_handling(self) -> None:
        """Raises a RefusalError if one of the faults refuses the request."""
        for action in self._actions:
            action.before_handling()

    def wrap_handler(self, handler: Handler) -> Handler:
        """The handler to call instead of the operation's handler."""
        for action in reversed(self._actions):
            handler = action.wrap_handler(handler)
        return handler

    def begin_exchange(self, exchange: Exchange) -> None:
        """Adds the exchange to the journal, without its answer. `deliver` adds the answer."""
        for action in self._actions:
            action.active.times_applied -= not action.journal_text
        texts = [action.journal_text for action in self._actions if action.journal_text not in exchange.why]
        why = "; ".join(filter(None, (exchange.why, *texts)))
        self._exchange = replace(exchange, status=None, answer_headers=(), answer_body=b"", why=why)
        self._world.journal.begin(self._exchange)
        self._applied = AppliedFaults(exchange.number, self.applied, is_over=False)
        self._world.store_applied_faults(self._applied)

    async def deliver(self, answer: Answer, delivery: Delivery) -> None:
        """Delivers an answer with all faults. Then writes into the journal which bytes were sent."""
        deliver_next: Deliver = _deliver_unchanged
        for action in reversed(self._actions):
            deliver_next = partial(action.deliver, deliver_next=deliver_next)
        why = self._exchange.why
        try:
            await deliver_next(answer, delivery)
        except ConnectionLostError:
            why += "; the client went away"
        finally:
            self._end_exchange(delivery, why)

    def _end_exchange(self, delivery: Delivery, why: str) -> None:
        ended = replace(
            self._exchange,
            status=delivery.status,
            answer_headers=decode_headers(delivery.headers).pairs,
            answer_body=bytes(delivery.body),
            ended=self.now() if delivery.completed_at is None else delivery.completed_at,
            why=why,
        )
        self._world.journal.end(self._exchange, ended)
        self._world.store_applied_faults(replace(self._applied, is_over=True))


def faults_for_request(world: World, operation: str | None, *, at: float) -> RequestFaults | None:
    """The faults of a world that apply to a request, or None if there are none. Counts the request.

    operation: the operation of the request; None if the request matches no operation.
    at: the time of the request, in seconds since 1970.
    """
    active = [
        fault for fault in world.faults if fault.applies_now(operation, at=at, random=world.fault_random)
    ]
    actions = [
        FAULT_ACTIONS[type(fault.planned.fault)](fault.planned.fault, fault, world) for fault in active
    ]
    return RequestFaults(actions, world) if actions else None


async def _deliver_unchanged(answer: Answer, delivery: Delivery) -> None:
    await delivery.send_answer(answer)
