"""The faults that strike one request, together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from workerkit.mockserver.faults import FAULT_ACTIONS, FaultAction
from workerkit.mockserver.faults.fault_action import Deliver
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.connection import ConnectionLostError
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.http.headers import header_set
from workerkit.mockserver.world.operations import Handler
from workerkit.mockserver.world.world import World
from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.run_record.struck_faults import AppliedFaults


class RequestFaults:
    """One or more faults on their way through one request: the first one added is the outermost.

    Call `before`, `wrapped`, `keep` and `deliver` in this order; the request may be refused between any two.
    """

    def __init__(self, actions: Sequence[FaultAction[Any]], world: World) -> None:
        self._actions = actions
        self._world = world
        self._exchange: Exchange
        self._struck: AppliedFaults

    def now(self) -> float:
        """The time on the clock of the world."""
        return self._world.clock.now()

    def before(self) -> None:
        """Raises a Refusal where one of the faults answers instead of the world."""
        for action in self._actions:
            action.before()

    def wrapped(self, handler: Handler) -> Handler:
        """What is done in place of an act."""
        for action in reversed(self._actions):
            handler = action.wrapped(handler)
        return handler

    def keep(self, exchange: Exchange) -> None:
        """Keeps an exchange in the journal, as one that is not answered yet."""
        for action in self._actions:
            action.active.strikes -= not action.journal_text
        journal_text = [
            action.journal_text for action in self._actions if action.journal_text not in exchange.why
        ]
        why = "; ".join(filter(None, (exchange.why, *journal_text)))
        self._exchange = replace(exchange, status=None, answer_headers=(), answer_body=b"", why=why)
        self._world.journal.begin(self._exchange)
        faults = tuple(action.fault for action in self._actions if action.journal_text)
        self._struck = AppliedFaults(exchange.number, faults, world_accepted=exchange.accepted, over=False)
        self._world.remember_applied_faults(self._struck)

    async def deliver(self, answer: Answer, delivery: Delivery) -> None:
        """Delivers an answer as the faults want it; what was really sent is in the journal then."""
        onward: Deliver = _whole
        for action in reversed(self._actions):
            onward = partial(action.deliver, onward=onward)
        why = self._exchange.why
        try:
            await onward(answer, delivery)
        except ConnectionLostError:
            why += "; the client went away"
        finally:
            self._end(delivery, why)

    def _end(self, delivery: Delivery, why: str) -> None:
        sent = replace(
            self._exchange,
            status=delivery.status,
            answer_headers=header_set(delivery.headers).pairs,
            answer_body=bytes(delivery.body),
            ended=self.now() if delivery.left_at is None else delivery.left_at,
            why=why,
        )
        self._world.journal.end(self._exchange, sent)
        self._world.remember_applied_faults(replace(self._struck, over=True))


def request_faults(world: World, operation: str | None, *, at: float) -> RequestFaults | None:
    """The faults of a world that strike a request of an operation (None: of no operation), or None."""
    struck = [fault for fault in world.faults if fault.applies_now(operation, at=at, chance=world.mischief)]
    actions = [FAULT_ACTIONS[type(each.planned.fault)](each.planned.fault, each, world) for each in struck]
    return RequestFaults(actions, world) if actions else None


async def _whole(answer: Answer, delivery: Delivery) -> None:
    await delivery.whole(answer)
