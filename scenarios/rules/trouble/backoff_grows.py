"""Rule backoff-grows: wait longer after each failed attempt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.kinds import AtLeast, Seconds
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.rules.trouble.attempts import outages, request_key
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

    Pauses of `allowed` or longer may be equal: a worker may also read an empty list once a second. The rule
    checks the first `attempts` attempts at a report, if this report was the first request that failed and if
    the server accepted no request in between. So it checks no worker whose pauses begin again after each
    accepted request. It checks only reports, because a daemon may read the list at equal times. The rule is
    not general, because the API page does not say how to repeat a request.
    """

    id: ClassVar[str] = "backoff-grows"
    why: ClassVar[str] = phrase(
        "A system that fails for minutes gets the same load from each worker all the time and cannot recover."
    )
    careful: ClassVar[str] = phrase(
        "waits longer after each failed attempt, for example twice as long, up to a limit"
    )
    general: ClassVar[bool] = False
    no_occasion: ClassVar[str] = phrase("no report failed several times in a row")

    attempts: Annotated[int, AtLeast(3)] = 6
    allowed: Seconds = 1.0

    def check(self, run: Run) -> list[Violation]:
        first_attempts = (attempts[: self.attempts] for attempts in _attempts_at_reports(run))
        return self.summarize(
            [
                _breach(run, attempts)
                for attempts in first_attempts
                if len(attempts) == self.attempts and _has_equal_pauses(attempts, self.allowed)
            ]
        )

    def had_occasion(self, run: Run) -> bool:
        return any(len(attempts) >= self.attempts for attempts in _attempts_at_reports(run))


def _attempts_at_reports(run: Run) -> Iterator[list[Exchange]]:
    """Returns for each outage that began with a report all attempts at this report during the outage."""
    for outage in outages(run.timed_exchanges):
        if outage and outage[0].number in run.tasks_by_exchange:
            key = request_key(outage[0])
            yield [exchange for exchange in outage if request_key(exchange) == key]


def _has_equal_pauses(attempts: Sequence[Exchange], allowed: float) -> bool:
    pauses = [after.began - before.ended for before, after in pairwise(attempts)]
    return _SHORTEST <= min(pauses) < allowed and max(pauses) < _EQUAL * min(pauses)


def _breach(run: Run, attempts: Sequence[Exchange]) -> Breach:
    first, second = attempts[:2]
    return Breach(
        phrase(
            "The report in {first_exchange} failed, and the worker repeated it {number} times, "
            "each time after about {seconds:.2f} s.",
            first_exchange=run.describe(first),
            number=len(attempts) - 1,
            seconds=second.began - first.ended,
        ),
        tuple(exchange.number for exchange in attempts),
    )
