"""While the server fails the worker pauses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.fields.kinds import Positive
from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.rules.trouble.attempts import chain_without_pause, repeated_at_once, without_pause
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

# Eight threads that ask for the same, and each try twice before their first pause.
_SAME_AT_ONCE, _AT_ONCE = 16, 0.25
# A report is one thread's: even with a pause of only 0.1 s it comes ten times a second.
_SAME_REPORT, _SECOND = 12, 1.0
# The first pause may be none, and chance may make one or two of the next ones short.
_CHAIN, _NO_PAUSE = 6, 0.02


@dataclass(frozen=True, slots=True)
class PauseOn5xx(Rule):
    """No loop over requests that get a 5xx or no answer at all.

    A loop is one that sends the same report six times with less than 20 ms between, or more than 12 times a
    second, or anything else more than 16 times in a quarter of one; or that goes on to other requests,
    `attempts` of them within one second, while none is accepted.
    """

    id: ClassVar[str] = "pause-on-5xx"
    why: ClassVar[str] = "A server in trouble is kept in trouble by clients that try again at once."
    careful: ClassVar[str] = (
        "waits after a 5xx or a lost connection, longer each time (0.2 s, 0.4 s, 0.8 s and so on)"
    )
    general: ClassVar[bool] = True

    attempts: Positive = 15

    def check(self, run: Run) -> list[Violation]:
        failed = [timed_exchange for timed_exchange in run.timed_exchanges if _failed(timed_exchange)]
        reports = [each for each in failed if each.number in run.tasks_by_exchange]
        hammered = (
            chain_without_pause(reports, _CHAIN, pause=_NO_PAUSE)
            or repeated_at_once(reports, _SAME_REPORT, within=_SECOND)
            or repeated_at_once(failed, _SAME_AT_ONCE, within=_AT_ONCE)
            or next(
                (found for outage in _outages(run) if (found := without_pause(outage, self.attempts))), ()
            )
        )
        return [self._finding(run, hammered)] if hammered else []

    def _finding(self, run: Run, hammered: Sequence[Exchange]) -> Violation:
        first, last = hammered[0], hammered[-1]
        answer = f"answered {first.status}" if first.status else "not answered"
        message = (
            f"In {run.named(first)} the worker was {answer}, and it went on without a pause: "
            f"{len(hammered)} attempts failed within {last.began - first.began:.3f} s, up to "
            f"{run.named(last)}."
        )
        return self.broken(message, tuple(each.number for each in hammered))


def _failed(exchange: Exchange) -> bool:
    return exchange.status is None or exchange.status >= 500


def _outages(run: Run) -> Iterator[list[Exchange]]:
    """The requests that failed one after the other, up to one that was accepted."""
    outage: list[Exchange] = []
    for exchange in run.timed_exchanges:
        if _failed(exchange):
            outage.append(exchange)
        elif exchange.accepted:
            yield outage
            outage = []
    yield outage
