"""Rule failed-with-message: give the reason for a failed task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class FailedWithMessage(Rule):
    """Every report of a failed task must have an `error_message` that is not blank."""

    id: ClassVar[str] = "failed-with-message"
    why: ClassVar[str] = phrase("Without a reason, nobody knows whether to try again or what to repair.")
    careful: ClassVar[str] = phrase("sends an error_message with every task that it reports as failed")
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("the worker reported no task as failed")

    def check(self, run: Run) -> list[Violation]:
        failed = [report for report in run.reports if report.status == "failed"]
        return self.summarize([_breach(run, report) for report in failed if not _has_reason(report)])

    def had_occasion(self, run: Run) -> bool:
        return any(report.status == "failed" for report in run.reports)


def _has_reason(report: TaskReport) -> bool:
    message = report.fields.get("error_message")
    return isinstance(message, str) and bool(message.strip())


def _breach(run: Run, report: TaskReport) -> Breach:
    return Breach(
        phrase(
            "Task {task} was reported as failed in {report_exchange}, without an error_message.",
            task=report.task,
            report_exchange=run.describe(report.exchange),
        ),
        (report.number,),
    )
