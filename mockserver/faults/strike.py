"""The faults that strike one request, together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from workerkit.mockserver.faults import DEEDS, Deed
from workerkit.mockserver.faults.fault_action import Deliver
from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.connection import Lost
from workerkit.mockserver.http.delivery import Line
from workerkit.mockserver.http.headers import header_set
from workerkit.mockserver.world.operations import Act
from workerkit.mockserver.world.world import World
from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.run_record.struck_faults import Struck


class Strike:
    """One or more faults on their way through one request: the first one added is the outermost.

    Call `before`, `acting`, `keep` and `deliver` in this order; the request may be refused between any two.
    """

    def __init__(self, deeds: Sequence[Deed[Any]], world: World) -> None:
        self._deeds = deeds
        self._world = world
        self._exchange: Exchange
        self._struck: Struck

    def before(self) -> None:
        """Raises a Refusal where one of the faults answers instead of the world."""
        for deed in self._deeds:
            deed.before()

    def acting(self, act: Act) -> Act:
        """What is done in place of an act."""
        for deed in reversed(self._deeds):
            act = deed.acting(act)
        return act

    def keep(self, exchange: Exchange) -> None:
        """Keeps an exchange in the journal, as one that is not answered yet."""
        for deed in self._deeds:
            deed.standing.strikes -= not deed.told
        told = [deed.told for deed in self._deeds if deed.told not in exchange.why]
        why = "; ".join(filter(None, (exchange.why, *told)))
        self._exchange = replace(exchange, status=None, answer_headers=(), answer_body=b"", why=why)
        self._world.journal.begin(self._exchange)
        faults = tuple(deed.fault for deed in self._deeds if deed.told)
        self._struck = Struck(exchange.number, faults, world_accepted=exchange.accepted, over=False)
        self._world.remember_struck(self._struck)

    async def deliver(self, answer: Answer, line: Line) -> None:
        """Delivers an answer as the faults want it; what was really sent is in the journal then."""
        onward: Deliver = _whole
        for deed in reversed(self._deeds):
            onward = partial(deed.deliver, onward=onward)
        why = self._exchange.why
        try:
            await onward(answer, line)
        except Lost:
            why += "; the client went away"
        finally:
            self._end(line, why)

    def _end(self, line: Line, why: str) -> None:
        sent = replace(
            self._exchange,
            status=line.status,
            answer_headers=header_set(line.headers).pairs,
            answer_body=bytes(line.body),
            ended=self._world.clock.now(),
            why=why,
        )
        self._world.journal.end(self._exchange, sent)
        self._world.remember_struck(replace(self._struck, over=True))


def strike_of(world: World, operation: str | None, *, at: float) -> Strike | None:
    """The faults of a world that strike a request of an operation (None: of no operation), or None."""
    struck = [each for each in world.faults if each.strikes_now(operation, at=at, chance=world.mischief)]
    deeds = [DEEDS[type(each.planned.fault)](each.planned.fault, each, world) for each in struck]
    return Strike(deeds, world) if deeds else None


async def _whole(answer: Answer, line: Line) -> None:
    await line.whole(answer)
