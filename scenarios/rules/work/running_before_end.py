"""Rule running-before-end: report a task as running before its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import RESULTS, TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class RunningBeforeEnd(Rule):
    """The worker must report a waiting task as running before it reports the task as completed or failed.

    The worker must do this again before each new end of the task.
    """

    id: ClassVar[str] = "running-before-end"
    why: ClassVar[str] = (
        "A task that seems to wait can be canceled or given to another server while the worker works on it."
    )
    careful: ClassVar[str] = "reports a task as running before it begins to work on it"
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = "the worker reported no result"

    def check(self, run: Run) -> list[Violation]:
        if not run.is_complete:
            return []
        return self.summarize([breach for task in run.reports_by_task for breach in _breaches(run, task)])

    def had_occasion(self, run: Run) -> bool:
        return any(report.is_result for report in run.reports)


def _breaches(run: Run, task: str) -> Iterator[Breach]:
    results = {report.number: report for report in run.reports_by_task[task] if report.is_result}
    for change in run.history.worker_changes(task):
        result = results.get(change.number)
        is_end = change.was in run.api.statuses_in("waiting") and change.now in RESULTS
        if is_end and result and not _was_reported_running(run, result):
            yield Breach(
                f"Task {task} was {change.was}, and the worker never reported it as running before it "
                f"reported it as {change.now} in {run.describe(result.exchange)}.",
                (result.number,),
            )


def _was_reported_running(run: Run, result: TaskReport) -> bool:
    earlier = [report for report in run.reports_by_task[result.task] if report.number < result.number]
    for report in reversed(earlier):
        if report.status == "running":
            return True
        if report.is_end and report.outcome == "accepted":
            return False
    return False
