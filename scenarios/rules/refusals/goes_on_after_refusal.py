"""Rule goes-on-after-refusal: do the other tasks after one task was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.kinds import Seconds
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.rules.unfinished_work import first_ids, listed_but_not_reported
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class GoesOnAfterRefusal(Rule):
    """After a task was refused, the worker must go on with other waiting tasks that a list named.

    The rule is checked if the worker exited with code 0. It is also checked if the worker read a list with
    tasks at least `patience` after its last report. The worker's longest pause between requests, up to 2
    seconds, is subtracted from this time. A busy machine may have caused the pause.
    """

    id: ClassVar[str] = "goes-on-after-refusal"
    why: ClassVar[str] = phrase(
        "The refusal of one task says nothing about the other tasks, and they are waiting."
    )
    careful: ClassVar[str] = phrase("leaves the refused task alone and takes the next one")
    general: ClassVar[bool] = True
    can_be_mended: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("no report of a task was refused")

    patience: Seconds = 5.0

    def check(self, run: Run) -> list[Violation]:
        last = run.reports[-1] if run.reports else None
        if last is None or not (run.exited_normally or self._idled(run, last)):
            return []
        refused = [
            report for report in run.reports if report.number == last.number and report.outcome == "refused"
        ]
        remaining = listed_but_not_reported(run)
        return self.summarize([_breach(run, refused[0], remaining)] if refused and remaining else [])

    def had_occasion(self, run: Run) -> bool:
        return any(report.outcome == "refused" for report in run.reports)

    def _idled(self, run: Run, last: TaskReport) -> bool:
        """Whether the worker read a list with tasks at least `patience` after its last report."""
        later_pages = [
            page for page in run.pages if page.exchange.began >= last.exchange.ended and page.tasks
        ]
        if len(later_pages) < 2:
            return False
        return run.seconds_to_act(last.exchange.ended, later_pages[-1].exchange.ended) >= self.patience


def _breach(run: Run, refused: TaskReport, remaining: Sequence[Mapping[str, Any]]) -> Breach:
    return Breach(
        phrase(
            "Task {task} was refused with {code} in {refused_exchange}, and the worker did no "
            "other task after that. {remaining_count} tasks that a list had named were still "
            "waiting: {ids}.",
            task=refused.task,
            code=refused.code,
            refused_exchange=run.describe(refused.exchange),
            remaining_count=len(remaining),
            ids=first_ids(remaining),
        ),
        (refused.number,),
    )
