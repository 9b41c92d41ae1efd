"""Rule pause-on-401: pause after a 401."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.kinds import Positive
from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.rules.trouble.attempts import in_quick_succession, without_pause
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

_NO_PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class PauseOn401(Rule):
    """After a 401, the worker must not send `attempts` more refused requests within one second.

    Many threads do not break the rule if each thread pauses. The worker must also not repeat the same report
    `attempts` times with a pause of less than 20 ms before each repeat. These repeats are counted during the
    whole run. Repeats after a longer pause are not counted.
    """

    id: ClassVar[str] = "pause-on-401"
    why: ClassVar[str] = phrase(
        "If the worker asks again at once, the key is refused again, and the server has useless work."
    )
    careful: ClassVar[str] = phrase(
        "waits after a 401, longer each time (0.2 s, 0.4 s, 0.8 s and so on), and tries again"
    )
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("no request was answered 401")

    attempts: Positive = 15

    def check(self, run: Run) -> list[Violation]:
        refused = [exchange for exchange in run.timed_exchanges if exchange.status == 401]
        if repeated := without_pause(refused, self.attempts):
            return [self._violation(run, refused[0], repeated, phrase("within one second"))]
        later_reports = [
            exchange
            for exchange in refused
            if exchange.began >= refused[0].ended and exchange.number in run.tasks_by_exchange
        ]
        if repeated := in_quick_succession(later_reports, self.attempts, pause=_NO_PAUSE):
            return [
                self._violation(
                    run, refused[0], repeated, phrase("with a pause of less than 20 ms before each")
                )
            ]
        return []

    def had_occasion(self, run: Run) -> bool:
        return any(exchange.status == 401 for exchange in run.own_exchanges)

    def _violation(self, run: Run, first: Exchange, repeated: Sequence[Exchange], how: str) -> Violation:
        last = repeated[-1]
        message = phrase(
            "Exchange {number} was refused with 401 at {time}, and the worker went on without a "
            "pause: {repeated_count} more requests were refused {how} (exchanges {number_2} to "
            "{number_3}, from {time_2} to {time_3}).",
            number=first.number,
            time=run.since_start(first.began),
            repeated_count=len(repeated),
            how=how,
            number_2=repeated[0].number,
            number_3=last.number,
            time_2=run.since_start(repeated[0].began),
            time_3=run.since_start(last.began),
        )
        return self.violation(message, (first.number, *(exchange.number for exchange in repeated)))
