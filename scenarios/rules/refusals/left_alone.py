"""Rules about tasks that are refused for good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class LeftAlone(Rule):
    """After a refusal with `code` nothing more is reported of the task, unless a list names it again."""

    general: ClassVar[bool] = True
    code: ClassVar[int]

    def check(self, run: Run) -> list[Violation]:
        return self.found(
            [
                _case(run, refusal, attempt)
                for refusal, attempt in attempts_after_refusals(run)
                if refusal.code == self.code and not refusal.in_bulk
            ]
        )


def attempts_after_refusals(run: Run) -> Iterator[tuple[TaskReport, TaskReport]]:
    """The reports of tasks of which the worker knew that they are refused, each after its refusal."""
    for task, reports in run.reports_by_task.items():
        refusal: TaskReport | None = None
        for report in reports:
            if refusal is not None and refusal.known_before(report.exchange):
                if not run.listed_between(task, refusal.exchange, report.exchange):
                    yield refusal, report
                    continue
                refusal = None
            if refusal is None and report.code in (403, 404):
                refusal = report


def _case(run: Run, refusal: TaskReport, attempt: TaskReport) -> Breach:
    wanted = f" as {attempt.status}" if attempt.status else ""
    return Breach(
        f"Task {attempt.task} was refused with {refusal.code} in {run.named(refusal.exchange)}, and the "
        "worker "
        f"reported it again{wanted} in {run.named(attempt.exchange)}, though no list had named it since.",
        (refusal.number, attempt.number),
    )
