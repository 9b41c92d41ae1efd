"""Rule backoff-grows: wait longer after each failed attempt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.fields.kinds import AtLeast
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.rules.trouble.attempts import RequestKey, request_key
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

# Pauses are equal if the longest is less than 1.2 times as long as the shortest. Random pauses that grow are
# so similar in one of a million runs.
_EQUAL = 1.2
# In seconds. The rule pause-on-5xx checks shorter pauses.
_SHORTEST = 0.02


@dataclass(frozen=True, slots=True)
class BackoffGrows(Rule):
    """While a report gets a 5xx or no answer, the pauses between the attempts must not all be equal.

    The rule checks the first `attempts` attempts at the same report, if the server accepted the worker's
    request before the first one. It checks only reports, because a daemon may read the list at equal times.
    The rule is not general, because the API page does not say how to repeat a request.
    """

    id: ClassVar[str] = "backoff-grows"
    why: ClassVar[str] = (
        "A system that fails for minutes gets the same load from each worker all the time and cannot recover."
    )
    careful: ClassVar[str] = (
        "waits longer after each failed attempt, for example twice as long, up to a limit"
    )
    general: ClassVar[bool] = False

    attempts: Annotated[int, AtLeast(3)] = 6

    def check(self, run: Run) -> list[Violation]:
        first_attempts = (series[: self.attempts] for series in _failed_series(run))
        return self.summarize(
            [
                _breach(run, attempts)
                for attempts in first_attempts
                if len(attempts) == self.attempts and _has_equal_pauses(attempts)
            ]
        )


def _failed_series(run: Run) -> Iterator[list[Exchange]]:
    """Returns the failed attempts at each report, from the first failure until the report is accepted.

    A series is left out if the worker's request before it failed, too: its first pauses are not known.
    """
    all_series: dict[RequestKey, list[Exchange]] = {}
    left_out: set[RequestKey] = set()
    previous: Exchange | None = None
    for exchange in run.timed_exchanges:
        key = request_key(exchange)
        if exchange.number in run.tasks_by_exchange:
            if not _is_failed(exchange):
                yield all_series.pop(key, [])
                left_out.discard(key)
            elif key in all_series:
                all_series[key].append(exchange)
            elif key not in left_out:
                is_first = previous is None or not _is_failed(previous)
                all_series.update({key: [exchange]} if is_first else {})
                left_out.update(() if is_first else {key})
        previous = exchange
    yield from all_series.values()


def _is_failed(exchange: Exchange) -> bool:
    return exchange.status is None or exchange.status >= 500


def _has_equal_pauses(attempts: Sequence[Exchange]) -> bool:
    pauses = [after.began - before.ended for before, after in pairwise(attempts)]
    return min(pauses) >= _SHORTEST and max(pauses) < _EQUAL * min(pauses)


def _breach(run: Run, attempts: Sequence[Exchange]) -> Breach:
    first, second = attempts[:2]
    return Breach(
        f"The report in {run.describe(first)} failed, and the worker repeated it {len(attempts) - 1} times, "
        f"each time after about {second.began - first.ended:.2f} s.",
        tuple(exchange.number for exchange in attempts),
    )
