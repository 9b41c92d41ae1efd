"""Rule done-once: do not do a completed task again when an old list names it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class DoneOnce(Rule):
    """If an old list names a completed task, the worker must not start the task again.

    The rule is not general, because a worker that was restarted after the completion knows only the list.
    """

    id: ClassVar[str] = "done-once"
    why: ClassVar[str] = phrase(
        "A list can be older than the worker's last results, and customers see work that is done twice."
    )
    careful: ClassVar[str] = phrase(
        "remembers the tasks that it has completed, and skips them when a list names them again"
    )
    general: ClassVar[bool] = False
    no_occasion: ClassVar[str] = phrase("no old list named a completed task")

    def check(self, run: Run) -> list[Violation]:
        return self.summarize([breach for task in run.reports_by_task for breach in _breaches(run, task)])

    def had_occasion(self, run: Run) -> bool:
        return any(
            page.exchange.began >= completion.exchange.ended
            and page.tasks[completion.task].get("status") != "completed"
            for completion in run.reports
            if completion.status == "completed"
            for page in run.pages_by_task.get(completion.task, ())
        )


def _breaches(run: Run, task: str) -> Iterator[Breach]:
    completion: TaskReport | None = None
    for report in run.reports_by_task[task]:
        if completion is not None and _starts_again(run, completion, report):
            yield Breach(
                phrase(
                    "Task {task} was completed in {completion_exchange}. Then an old list named it, and "
                    "the worker started it again, as {status}, in {report_exchange}. The task was still "
                    "completed at that time.",
                    task=task,
                    completion_exchange=run.describe(completion.exchange),
                    status=report.status,
                    report_exchange=run.describe(report.exchange),
                ),
                (completion.number, report.number),
            )
        elif report.status == "completed" and report.outcome == "accepted":
            completion = report


def _starts_again(run: Run, completion: TaskReport, report: TaskReport) -> bool:
    return (
        report.status is not None
        and not report.is_end
        and completion.answered_before(report.exchange)
        and run.history.value_before(report.task, report.number) == "completed"
        and bool(run.pages_between(report.task, completion.exchange, report.exchange))
    )
