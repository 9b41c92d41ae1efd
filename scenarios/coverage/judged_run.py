"""The record of a run together with the verdict on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from workerkit.scenarios.rules.judge import Verdict
from workerkit.scenarios.run_record.run import Run


@dataclass(frozen=True)
class JudgedRun:
    """A run with its verdict."""

    record: Run
    verdict: Verdict

    @cached_property
    def failed_exchanges(self) -> frozenset[int]:
        """The numbers of the exchanges that met trouble and in which the worker broke a rule because of it.

        A rule was broken because of trouble if at least half of the exchanges that show this met trouble.
        """
        failed: set[int] = set()
        for violation in self.verdict.broken:
            troubled = [number for number in violation.exchanges if self.record.troubles.get(number)]
            if 2 * len(troubled) >= len(violation.exchanges):
                failed.update(troubled)
        return frozenset(failed)

    @cached_property
    def operations(self) -> Mapping[int, str | None]:
        """The operation of each of the worker's exchanges, by the number of the exchange."""
        return {exchange.number: exchange.operation for exchange in self.record.own_exchanges}
