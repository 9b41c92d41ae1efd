"""The simulated servers of one process. It knows nothing about Locust."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from workerkit.contracts.fleet.fleet_plan import FleetPlan
from workerkit.contracts.fleet.fleet_server import FleetServer
from workerkit.contracts.fleet.process_tally import ProcessTally
from workerkit.contracts.fleet.simulated_server import WorkStyle
from workerkit.contracts.gate.gate import Gate
from workerkit.contracts.gate.pace import Pace
from workerkit.contracts.gate.way_trouble import is_way_trouble, trouble_text
from workerkit.contracts.relations.relations import check_exchange
from workerkit.contracts.target.plan import Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target_mask import mask_of
from workerkit.mockserver.reports.message_pattern import message_pattern
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api

ExchangeWatcher = Callable[[Exchange, str | None], None]


class FleetProcess:
    """Hands out servers, watches their exchanges, and sums up what they found.

    plan: the servers of this process, with their share of the rate.
    clock: the clock of the run. Its `wait` must let the other servers of this process work.
    watcher: gets each exchange, and what is wrong with it, or None.

    tally: the sums so far.
    """

    def __init__(self, plan: FleetPlan, clock: RunClock, watcher: ExchangeWatcher) -> None:
        self.plan = plan
        self.tally = ProcessTally()
        self._clock = clock
        self._watcher = watcher
        self._free_keys = deque(plan.keys)
        self._pace = Pace(plan.rate, clock)

    def take_server(self, style: WorkStyle) -> FleetServer | None:
        """The next server that nobody simulates yet. None if there is no further one."""
        if not self._free_keys:
            return None
        key = self._free_keys.popleft()
        return FleetServer(key, self._gate(key), self.plan, self.tally, style, self._clock)

    def _gate(self, key: str) -> Gate:
        """A gate for the requests of one server. All gates of this process share the rate."""
        limits = self.plan.limits()
        return Gate(
            self.plan.target(key),
            limits,
            worker_api(),
            clock=self._clock,
            watcher=partial(self._watch, key),
            pace=self._pace,
            # Only putting a sandbox back needs them.
            keeps_exchanges=limits.writes is Writes.SANDBOX,
        )

    def _watch(self, key: str, exchange: Exchange) -> None:
        self.tally.requests += 1
        self._watcher(exchange, self._flaw(key, exchange))

    def _flaw(self, key: str, exchange: Exchange) -> str | None:
        """What is wrong with the answer, in words that are the same for equal flaws. None if it is right."""
        if is_way_trouble(exchange):
            return trouble_text(exchange)
        flaws = [f"{result.rule}: {result.flaw}" for result in check_exchange(exchange) if result.flaw]
        if flaws:
            pattern = message_pattern(mask_of(self.plan.target(key)).text(flaws[0]))
            self.tally.broken[pattern] += 1
            return pattern
        return None if exchange.accepted else f"refused with {exchange.status}"
