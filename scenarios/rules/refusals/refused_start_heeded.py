"""Rule refused-start-heeded: drop a task whose start was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation

_CLEAR = ("accepted", "refused")


@dataclass(frozen=True, slots=True)
class RefusedStartHeeded(Rule):
    """After the server refused to let a task run, the worker must not report a second result of the task.

    The first result may come from another process with the same key. The worker may report the task again if
    a list names it after the refusal. The rule is not checked for a task if one of its reports has no clear
    answer: then the worker may repeat its own result. A completion may come once by update and once by
    callback.
    """

    id: ClassVar[str] = "refused-start-heeded"
    why: ClassVar[str] = phrase(
        "The start of a task is refused because somebody else has done the task. If the worker goes on, the "
        "task is done twice."
    )
    careful: ClassVar[str] = phrase("drops a task when its start is refused, and takes the next task")
    general: ClassVar[bool] = False
    no_occasion: ClassVar[str] = phrase("the server refused no start of a task")

    def check(self, run: Run) -> list[Violation]:
        return self.summarize([breach for task in run.reports_by_task for breach in _breaches(run, task)])

    def had_occasion(self, run: Run) -> bool:
        return any(map(_is_refused_start, run.reports))


def _breaches(run: Run, task: str) -> Iterator[Breach]:
    reports = run.reports_by_task[task]
    if any(report.outcome not in _CLEAR for report in reports):
        return
    second_results = [report for report in reports if report.is_result and _had_result(reports, report)]
    for refusal in reports:
        later = [result for result in second_results if refusal.answered_before(result.exchange)]
        if _is_refused_start(refusal) and later:
            if not run.pages_between(task, refusal.exchange, later[0].exchange):
                yield _breach(run, refusal, later[0])
            return


def _had_result(reports: Sequence[TaskReport], result: TaskReport) -> bool:
    """Whether the task had a result of the same kind: one completion by update and one by callback differ."""
    return any(
        report.is_result and report.number < result.number and report.counts_link == result.counts_link
        for report in reports
    )


def _is_refused_start(report: TaskReport) -> bool:
    return report.outcome == "refused" and report.status == "running"


def _breach(run: Run, refusal: TaskReport, result: TaskReport) -> Breach:
    return Breach(
        phrase(
            "The server refused to let task {task} run ({code}) in {refusal_exchange}. The task "
            "was then reported as {status} in {result_exchange}, although it had a result "
            "already.",
            task=result.task,
            code=refusal.code,
            refusal_exchange=run.describe(refusal.exchange),
            status=result.status,
            result_exchange=run.describe(result.exchange),
        ),
        (refusal.number, result.number),
    )
