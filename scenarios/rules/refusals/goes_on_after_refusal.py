"""A refused task does not keep the worker from the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields.kinds import Seconds
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.rules.stopped_early import some, untouched
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class GoesOnAfterRefusal(Rule):
    """The last thing that the worker did of tasks is not one that was refused, while others wait.

    Judged where the worker ended by itself and all was well, or where lists named the others to it for
    `patience` and longer. Of its longest silence two seconds are not counted: the machine may have been busy.
    """

    id: ClassVar[str] = "goes-on-after-refusal"
    why: ClassVar[str] = "One task that is refused says nothing about the others, and they wait."
    careful: ClassVar[str] = "leaves the refused task alone and takes the next one"
    general: ClassVar[bool] = True

    patience: Seconds = 5.0

    def check(self, run: Run) -> list[Violation]:
        last = run.reports[-1] if run.reports else None
        if last is None or not (run.done or self._idled(run, last)):
            return []
        refused = [
            report for report in run.reports if report.number == last.number and report.outcome == "refused"
        ]
        left = untouched(run)
        return self.found([_case(run, refused[0], some(left), len(left))] if refused and left else [])

    def _idled(self, run: Run, last: TaskReport) -> bool:
        """Whether lists named waiting tasks to the worker all the time since its last report."""
        later = [
            listing
            for listing in run.listings
            if listing.exchange.began >= last.exchange.ended and listing.tasks
        ]
        if len(later) < 2:
            return False
        return run.seconds_to_act(last.exchange.ended, later[-1].exchange.ended) >= self.patience


def _case(run: Run, refused: TaskReport, left: str, count: int) -> Breach:
    return Breach(
        f"Task {refused.task} was refused with {refused.code} in {run.named(refused.exchange)}, and the "
        "worker "
        f"did no other task after it, though {count} that it had been given still waited: {left}.",
        (refused.number,),
    )
