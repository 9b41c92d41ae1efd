"""A task runs before it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.model.until import WAITING
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import RESULTS, TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class RunningBeforeEnd(Rule):
    """No task goes from waiting to completed or failed of which the worker never said that it runs.

    Said once, it holds until the next end that the worker reports of the task.
    """

    id: ClassVar[str] = "running-before-end"
    why: ClassVar[str] = (
        "A task that seems to wait can be canceled or given to another server while its work is being done."
    )
    careful: ClassVar[str] = "reports a task as running before it begins to work on it"
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        if not run.whole:
            return []
        return self.found([case for task in run.reports_by_task for case in _cases(run, task)])


def _cases(run: Run, task: str) -> Iterator[Breach]:
    reports = {report.number: report for report in run.reports_by_task[task] if report.is_result}
    for change in run.history.by_worker(task):
        end = reports.get(change.number)
        if change.was in WAITING and change.now in RESULTS and end and not _was_said_to_run(run, end):
            yield Breach(
                f"Task {task} was {change.was} and the worker never reported it as running before it "
                "reported it "
                f"as {change.now} in {run.named(end.exchange)}.",
                (end.number,),
            )


def _was_said_to_run(run: Run, end: TaskReport) -> bool:
    before = [each for each in run.reports_by_task[end.task] if each.number < end.number]
    for report in reversed(before):
        if report.status == "running":
            return True
        if report.is_end and report.outcome == "done":
            return False
    return False
