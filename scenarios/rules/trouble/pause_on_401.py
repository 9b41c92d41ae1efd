"""After a 401 the worker pauses."""

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
    """No `attempts` further refused attempts within one second that only a loop makes, not many threads.

    Nor as many of one report, however long they take, with less than 20 ms before each.
    """

    id: ClassVar[str] = "pause-on-401"
    why: ClassVar[str] = (
        "A key that is refused will be refused again at once, and the attempts load the server."
    )
    careful: ClassVar[str] = (
        "waits after a 401, longer each time (0.2 s, 0.4 s, 0.8 s and so on), and tries again"
    )
    general: ClassVar[bool] = True

    attempts: Positive = 15

    def check(self, run: Run) -> list[Violation]:
        refused = [exchange for exchange in run.timed_exchanges if exchange.status == 401]
        if hammered := without_pause(refused, self.attempts):
            return [self._finding(run, refused[0], hammered, "within one second")]
        further = [each for each in refused if each.began >= refused[0].ended]
        reports = [each for each in further if each.number in run.tasks_by_exchange]
        if hammered := in_quick_succession(reports, self.attempts, pause=_NO_PAUSE):
            return [self._finding(run, refused[0], hammered, "with less than 20 ms before each")]
        return []

    def _finding(self, run: Run, first: Exchange, hammered: Sequence[Exchange], how: str) -> Violation:
        last = hammered[-1]
        message = (
            f"Exchange {first.number} was refused with 401 at {run.since_start(first.began)}, and the worker "
            f"went on without a pause: {len(hammered)} more refused attempts {how} (exchanges "
            f"{hammered[0].number} to {last.number}, from {run.since_start(hammered[0].began)} to "
            f"{run.since_start(last.began)})."
        )
        return self.broken(message, (first.number, *(exchange.number for exchange in hammered)))
