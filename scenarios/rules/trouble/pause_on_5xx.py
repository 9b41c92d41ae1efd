"""Rule pause-on-5xx: pause while the server fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.kinds import Positive
from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.rules.trouble.attempts import (
    chain_without_pause,
    is_failed,
    outages,
    repeated_at_once,
    without_pause,
)
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

# Eight threads may ask for the same list, and each may try twice before its first pause.
_MOST_AT_ONCE, _AT_ONCE = 16, 0.25
# Only one thread sends a report. With a pause of only 0.1 s the report comes ten times a second.
_MOST_REPORTS, _SECOND = 12, 1.0
# A worker may have no first pause, and a random backoff may make one or two of the next pauses very short.
_CHAIN, _NO_PAUSE = 6, 0.02


@dataclass(frozen=True, slots=True)
class PauseOn5xx(Rule):
    """While requests get a 5xx or no answer, the worker must not repeat them without a pause.

    It must not send the same report 6 times in a row with pauses of less than 20 ms, or more than 12 times
    within one second. It must not send any request more than 16 times within 0.25 s. It must not send
    `attempts` different requests within one second while the server accepts none.
    """

    id: ClassVar[str] = "pause-on-5xx"
    why: ClassVar[str] = phrase("Clients that try again at once keep a failing server from recovering.")
    careful: ClassVar[str] = phrase(
        "waits after a 5xx or a lost connection, longer each time (0.2 s, 0.4 s, 0.8 s and so on)"
    )
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("no request was answered 5xx, and no connection was lost")

    attempts: Positive = 15

    def check(self, run: Run) -> list[Violation]:
        failed = [exchange for exchange in run.timed_exchanges if is_failed(exchange)]
        reports = [exchange for exchange in failed if exchange.number in run.tasks_by_exchange]
        repeated = (
            chain_without_pause(reports, _CHAIN, pause=_NO_PAUSE)
            or repeated_at_once(reports, _MOST_REPORTS, within=_SECOND)
            or repeated_at_once(failed, _MOST_AT_ONCE, within=_AT_ONCE)
            or self._loop_in_outage(run)
        )
        return [self._violation(run, repeated)] if repeated else []

    def had_occasion(self, run: Run) -> bool:
        return any(exchange.status is None or exchange.status >= 500 for exchange in run.own_exchanges)

    def _loop_in_outage(self, run: Run) -> tuple[Exchange, ...]:
        loops = (without_pause(outage, self.attempts) for outage in outages(run.timed_exchanges))
        return next((loop for loop in loops if loop), ())

    def _violation(self, run: Run, repeated: Sequence[Exchange]) -> Violation:
        first, last = repeated[0], repeated[-1]
        answer = (
            phrase("was answered {status}", status=first.status) if first.status else phrase("got no answer")
        )
        message = phrase(
            "The request of {first_exchange} {answer}, and the worker went on without a pause: "
            "{repeated_count} requests failed within {seconds:.3f} s, the last in "
            "{last_exchange}.",
            first_exchange=run.describe(first),
            answer=answer,
            repeated_count=len(repeated),
            seconds=last.began - first.began,
            last_exchange=run.describe(last),
        )
        return self.violation(message, tuple(exchange.number for exchange in repeated))
