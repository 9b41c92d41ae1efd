"""The base class of the rules about tasks that the server refused with 403 or 404."""

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
class LeftAlone(Rule):
    """After a refusal with `code`, the worker must not report the task again until a list names it again."""

    general: ClassVar[bool] = True
    code: ClassVar[int]

    def check(self, run: Run) -> list[Violation]:
        return self.summarize(
            [
                _breach(run, refusal, attempt)
                for refusal, attempt in attempts_after_refusals(run)
                if refusal.code == self.code and not refusal.in_bulk
            ]
        )

    def had_occasion(self, run: Run) -> bool:
        return any(report.code == self.code and not report.in_bulk for report in run.reports)


def attempts_after_refusals(run: Run) -> Iterator[tuple[TaskReport, TaskReport]]:
    """Returns each report of a task that the worker sent after a 403 or 404 for the same task.

    Each item is a pair: the refusal, and the later report. A report is not returned if the worker did not
    have the answer yet, or if a list named the task again in between.
    """
    for task, reports in run.reports_by_task.items():
        refusal: TaskReport | None = None
        for report in reports:
            if refusal is not None and refusal.answered_before(report.exchange):
                if not run.pages_between(task, refusal.exchange, report.exchange):
                    yield refusal, report
                    continue
                refusal = None
            if refusal is None and report.code in (403, 404):
                refusal = report


def _breach(run: Run, refusal: TaskReport, attempt: TaskReport) -> Breach:
    status = phrase(" as {status}", status=attempt.status) if attempt.status else ""
    return Breach(
        phrase(
            "Task {task} was refused with {code} in {refusal_exchange}, and the worker reported "
            "it again{status} in {attempt_exchange}. No list had named the task in between.",
            task=attempt.task,
            code=refusal.code,
            refusal_exchange=run.describe(refusal.exchange),
            status=status,
            attempt_exchange=run.describe(attempt.exchange),
        ),
        (refusal.number, attempt.number),
    )
