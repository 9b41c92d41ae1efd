"""A failed task says why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class FailedWithMessage(Rule):
    """Every report of a failed task has an `error_message` that is not blank."""

    id: ClassVar[str] = "failed-with-message"
    why: ClassVar[str] = "Without a reason nobody can tell whether to try again or what to put right."
    careful: ClassVar[str] = "sends an error_message with every task that it reports as failed"
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        failed = [report for report in run.reports if report.status == "failed"]
        return self.found([_case(run, each) for each in failed if not _says_why(each)])


def _says_why(report: TaskReport) -> bool:
    message = report.fields.get("error_message")
    return isinstance(message, str) and bool(message.strip())


def _case(run: Run, failed: TaskReport) -> Breach:
    return Breach(
        f"Task {failed.task} was reported as failed in {run.named(failed.exchange)}, without an "
        "error_message.",
        (failed.number,),
    )
