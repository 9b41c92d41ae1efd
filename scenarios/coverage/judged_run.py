"""The record of a run together with the verdict on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from workerkit.scenarios.rules.judge import Verdict
from workerkit.scenarios.run_record.run import Run

# A worker that breaks one of these rules does so in every request, with and without trouble.
NEVER_BY_TROUBLE = frozenset(
    {
        "bulk-within-limit",
        "completed-with-link",
        "documented-requests",
        "failed-with-message",
        "heartbeat-not-too-often",
        "heartbeat-sent",
        "key-in-header-only",
        "links-differ",
        "log-levels",
        "logs-within-limit",
        "no-link-to-api",
        "no-secrets-in-logs",
        "result-of-its-own-task",
        "running-before-end",
    }
)


@dataclass(frozen=True)
class JudgedRun:
    """A run with its verdict."""

    record: Run
    verdict: Verdict

    @cached_property
    def failed_exchanges(self) -> frozenset[int]:
        """The numbers of the exchanges that met trouble and in which the worker broke a rule because of it.

        A rule was broken because of trouble if at least half of the exchanges that show this met trouble.
        Some rules are never broken because of trouble: see NEVER_BY_TROUBLE.
        """
        failed: set[int] = set()
        for violation in self.verdict.broken:
            if violation.rule in NEVER_BY_TROUBLE:
                continue
            troubled = [number for number in violation.exchanges if self.record.troubles.get(number)]
            if 2 * len(troubled) >= len(violation.exchanges):
                failed.update(troubled)
        return frozenset(failed)

    @cached_property
    def operations(self) -> Mapping[int, str | None]:
        """The operation of each of the worker's exchanges, by the number of the exchange."""
        return {exchange.number: exchange.operation for exchange in self.record.own_exchanges}
