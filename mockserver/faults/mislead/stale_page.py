"""Answers with an old page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import Handler, Json
from workerkit.mockserver.world.world import World
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.faults import StalePage


@dataclass(frozen=True, slots=True)
class _Page:
    """A page that a request got or would have got; `number` is its exchange's, `at` its time."""

    number: int
    at: float
    server: str
    asked: Json
    answer: Json


class StalePageAction(FaultAction[StalePage]):
    """Old pages come from the journal, and from memory where the journal has stale ones."""

    certain: ClassVar[bool] = False

    def wrapped(self, handler: Handler) -> Handler:
        def aged(world: World, server: Server, call: Call) -> Json:
            page = handler(world, server, call)
            earlier = self._earlier(server, call)
            if not earlier:
                return page
            self._remember(server, call, page)
            chosen = self._chosen(earlier)
            self.record(f"as of exchange {chosen.number}")
            return chosen.answer

        return aged

    def _earlier(self, server: Server, call: Call) -> list[_Page]:
        """What the same request got before, or would have got without this fault; the oldest first."""
        known = [*self.active.remembered, *self._journaled(server, call)]
        same = [page for page in known if page.server == server.name and page.asked == call.parameters]
        return sorted(same, key=lambda page: page.number)

    def _journaled(self, server: Server, call: Call) -> list[_Page]:
        listed = [exchange for exchange in self.world.journal if self._is_sound(exchange, server, call)]
        pages = [(each, each.answered()) for each in listed]
        return [
            _Page(each.number, each.began, server.name, _asked(each, call), answer)
            for each, answer in pages
            if isinstance(answer, dict)
        ]

    def _is_sound(self, each: Exchange, server: Server, call: Call) -> bool:
        own = each.operation == call.operation.id and each.server == server.name
        return own and each.accepted and f"fault {self.fault.kind}" not in each.why

    def _remember(self, server: Server, call: Call, page: Json) -> None:
        number, at = self.world.journal.next_number(), self.world.clock.now()
        self.active.remembered.append(_Page(number, at, server.name, call.parameters, page))

    def _chosen(self, earlier: list[_Page]) -> _Page:
        if self.fault.lag is None:
            return earlier[-min(self.fault.behind, len(earlier))]
        latest = self.world.clock.now() - self.fault.lag
        return next((page for page in reversed(earlier) if page.at <= latest), earlier[0])


def _asked(each: Exchange, call: Call) -> Json:
    return call.operation.read({}, each.query, b"").parameters
