"""Rule pause-on-401: pause after a 401."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
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
    why: ClassVar[str] = (
        "If the worker asks again at once, the key is refused again, and the server has useless work."
    )
    careful: ClassVar[str] = (
        "waits after a 401, longer each time (0.2 s, 0.4 s, 0.8 s and so on), and tries again"
    )
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = "no request was answered 401"

    attempts: Positive = 15

    def check(self, run: Run) -> list[Violation]:
        refused = [exchange for exchange in run.timed_exchanges if exchange.status == 401]
        if repeated := without_pause(refused, self.attempts):
            return [self._violation(run, refused[0], repeated, "within one second")]
        later_reports = [
            exchange
            for exchange in refused
            if exchange.began >= refused[0].ended and exchange.number in run.tasks_by_exchange
        ]
        if repeated := in_quick_succession(later_reports, self.attempts, pause=_NO_PAUSE):
            return [self._violation(run, refused[0], repeated, "with a pause of less than 20 ms before each")]
        return []

    def had_occasion(self, run: Run) -> bool:
        return any(exchange.status == 401 for exchange in run.own_exchanges)

    def _violation(self, run: Run, first: Exchange, repeated: Sequence[Exchange], how: str) -> Violation:
        last = repeated[-1]
        message = (
            f"Exchange {first.number} was refused with 401 at {run.since_start(first.began)}, and the worker "
            f"went on without a pause: {len(repeated)} more requests were refused {how} (exchanges "
            f"{repeated[0].number} to {last.number}, from {run.since_start(repeated[0].began)} to "
            f"{run.since_start(last.began)})."
        )
        return self.violation(message, (first.number, *(exchange.number for exchange in repeated)))
