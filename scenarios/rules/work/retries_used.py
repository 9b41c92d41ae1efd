"""Rule retries-used: try each failed task again while it has retries left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class RetriesUsed(Rule):
    """If the worker tries failed tasks again, it must do so with each failed task that has retries left.

    The API page does not say who tries failed tasks again. So the rule is judged only if the worker set a
    failed task back, and then exited with code 0. One more attempt for each task is enough.
    """

    id: ClassVar[str] = "retries-used"
    why: ClassVar[str] = phrase(
        "The page of the API gives a failed task more attempts. Without them, a short failure of a site ends "
        "the task."
    )
    careful: ClassVar[str] = phrase(
        "sets each failed task back while its retry_count is below its max_retries"
    )
    general: ClassVar[bool] = False
    no_occasion: ClassVar[str] = phrase("the worker set no failed task back before it exited")

    def check(self, run: Run) -> list[Violation]:
        if not run.exited_normally or not run.is_complete:
            return []
        if not any(_set_back(run, reports) for reports in run.reports_by_task.values()):
            return []
        return self.summarize([_breach(run, report) for report in _left_failures(run)])

    def had_occasion(self, run: Run) -> bool:
        is_used = any(_set_back(run, reports) for reports in run.reports_by_task.values())
        return run.exited_normally and is_used


def _set_back(run: Run, reports: Sequence[TaskReport]) -> bool:
    """Whether one of the reports of a task opened the task again after it had failed."""
    return any(
        not report.is_end
        and report.status is not None
        and report.outcome != "refused"
        and run.history.value_before(report.task, report.number) == "failed"
        for report in reports
    )


def _left_failures(run: Run) -> Iterator[TaskReport]:
    """Returns the last report of each task that the worker left failed although it has retries left."""
    for task in run.own_tasks():
        reports = run.reports_by_task.get(task["id"].lower(), ())
        if (
            task["status"] == "failed"
            and reports
            and reports[-1].status == "failed"
            and reports[-1].outcome == "accepted"
            and _has_retries(task)
            and not _set_back(run, reports)
        ):
            yield reports[-1]


def _has_retries(task: Mapping[str, Any]) -> bool:
    used, most = task.get("retry_count"), task.get("max_retries")
    return isinstance(used, int) and isinstance(most, int) and used < most


def _breach(run: Run, failure: TaskReport) -> Breach:
    return Breach(
        phrase(
            "Task {task} was reported as failed in {failure_exchange} and has retries left. The "
            "worker tried other failed tasks again, but not this one.",
            task=failure.task,
            failure_exchange=run.describe(failure.exchange),
        ),
        (failure.number,),
    )
