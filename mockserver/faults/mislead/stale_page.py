"""The fault `stale-page`: answers with an old page of the task list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.mockserver.faults.fault_action import FaultAction
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.operations import Handler, Json
from workerkit.mockserver.world.world import World
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.faults.mislead.stale_page import StalePage


@dataclass(frozen=True, slots=True)
class _Page:
    """A correct page of the task list. If the fault sent an older page instead, this page was never sent.

    number: the number of the exchange in which this page was the correct answer.
    at: the time of the request, in seconds since 1970.
    server: the name of the tool server that sent the request.
    parameters: the parameters of the request.
    answer: the JSON of the answer.
    """

    number: int
    at: float
    server: str
    parameters: Json
    answer: Json


class StalePageAction(FaultAction[StalePage]):
    """Answers with the page that was correct when the server sent the same request earlier.

    Does nothing if the server did not send the same request earlier.

    The journal has the pages that the mock sent. If this fault has replaced a page, the journal has the old
    page. So the fault remembers the correct page.
    """

    always_applies: ClassVar[bool] = False

    def wrap_handler(self, handler: Handler) -> Handler:
        def answer_with_old_page(world: World, server: Server, call: Call) -> Json:
            page = handler(world, server, call)
            earlier = self._earlier_pages(server, call)
            if not earlier:
                return page
            self._remember(server, call, page)
            chosen = self._choose(earlier)
            self.record(f"as of exchange {chosen.number}")
            return chosen.answer

        return answer_with_old_page

    def _earlier_pages(self, server: Server, call: Call) -> list[_Page]:
        """The correct pages of earlier requests with the same server and parameters, the oldest first."""
        known = [*self.active.remembered, *self._pages_in_journal(server, call)]
        same = [page for page in known if page.server == server.name and page.parameters == call.parameters]
        return sorted(same, key=lambda page: page.number)

    def _pages_in_journal(self, server: Server, call: Call) -> list[_Page]:
        exchanges = [exchange for exchange in self.world.journal if self._is_correct(exchange, server, call)]
        pages = [(exchange, exchange.answer_json()) for exchange in exchanges]
        return [
            _Page(exchange.number, exchange.began, server.name, _parameters(exchange, call), answer)
            for exchange, answer in pages
            if isinstance(answer, dict)
        ]

    def _is_correct(self, exchange: Exchange, server: Server, call: Call) -> bool:
        is_same = exchange.operation == call.operation.id and exchange.server == server.name
        return is_same and exchange.accepted and f"fault {self.fault.kind}" not in exchange.why

    def _remember(self, server: Server, call: Call, page: Json) -> None:
        number, at = self.world.journal.next_number(), self.world.clock.now()
        self.active.remembered.append(_Page(number, at, server.name, call.parameters, page))

    def _choose(self, earlier: list[_Page]) -> _Page:
        if self.fault.lag is None:
            return earlier[-min(self.fault.behind, len(earlier))]
        latest = self.world.clock.now() - self.fault.lag
        return next((page for page in reversed(earlier) if page.at <= latest), earlier[0])


def _parameters(exchange: Exchange, call: Call) -> Json:
    return call.operation.parse_request({}, exchange.query, b"").parameters
