"""Rule running-before-end: report a task as running before its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import RESULTS, TaskReport
from workerkit.scenarios.run_record.violation import Violation

# The statuses of answers to an update that is against the order of task statuses.
_WRONG_STATUS = (400, 409)


@dataclass(frozen=True, slots=True)
class RunningBeforeEnd(Rule):
    """The worker must report a waiting task as running before it reports the task as completed or failed.

    The worker must do this again before each new end of the task. The rule also judges a result that the
    server refuses with 400 or 409 while the task is waiting, if the worker does not report the task as
    running after that.
    """

    id: ClassVar[str] = "running-before-end"
    why: ClassVar[str] = phrase(
        "A task that seems to wait can be canceled or given to another server while the worker works on it."
    )
    careful: ClassVar[str] = phrase("reports a task as running before it begins to work on it")
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("the worker reported no result")

    def check(self, run: Run) -> list[Violation]:
        if not run.is_complete:
            return []
        return self.summarize([breach for task in run.reports_by_task for breach in _breaches(run, task)])

    def had_occasion(self, run: Run) -> bool:
        return any(report.is_result for report in run.reports)


def _breaches(run: Run, task: str) -> Iterator[Breach]:
    for result in run.reports_by_task[task]:
        was = run.history.value_before(task, result.number)
        is_early = was in run.api.statuses_in("waiting") and _counts(run, result)
        if is_early and not _was_reported_running(run, result):
            yield Breach(
                phrase(
                    "Task {task} was {was}, and the worker never reported it as running before it "
                    "reported it as {status} in {result_exchange}.",
                    task=task,
                    was=was,
                    status=result.status,
                    result_exchange=run.describe(result.exchange),
                ),
                (result.number,),
            )


def _counts(run: Run, result: TaskReport) -> bool:
    """Whether the report is a result that took effect, or that was refused because of the task's status."""
    if not result.is_result:
        return False
    changes = run.history.worker_changes(result.task)
    took_effect = any(change.number == result.number and change.now in RESULTS for change in changes)
    return took_effect or _was_refused_for_good(run, result)


def _was_refused_for_good(run: Run, result: TaskReport) -> bool:
    """Whether a result was refused because of the task's status, and the worker did not correct itself."""
    has_flaw = any(exchange.number == result.number for exchange, _ in run.flaws)
    later = [report for report in run.reports_by_task[result.task] if report.number > result.number]
    is_corrected = any(report.status == "running" for report in later)
    is_refused = result.outcome == "refused" and result.code in _WRONG_STATUS
    return is_refused and not has_flaw and not is_corrected


def _was_reported_running(run: Run, result: TaskReport) -> bool:
    earlier = [report for report in run.reports_by_task[result.task] if report.number < result.number]
    for report in reversed(earlier):
        if report.status == "running":
            return True
        if report.is_end and report.outcome == "accepted":
            return False
    return False
