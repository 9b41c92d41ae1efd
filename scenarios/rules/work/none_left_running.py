"""Rule none-left-running: leave no task running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class NoneLeftRunning(Rule):
    """When a worker exits, no task that it reported as running may still be running."""

    id: ClassVar[str] = "none-left-running"
    why: ClassVar[str] = phrase("Nobody else takes a task that seems to run, so it stays running forever.")
    careful: ClassVar[str] = phrase(
        "reports an end for every task that it started, or sets it back, before it exits"
    )
    general: ClassVar[bool] = True
    can_be_mended: ClassVar[bool] = True
    follows_from: ClassVar[tuple[str, ...]] = ("goes-on-after-trouble", "goes-on-after-refusal")
    no_occasion: ClassVar[str] = phrase("the run ended before the worker exited, or no task was running")

    def check(self, run: Run) -> list[Violation]:
        if not run.exited_normally:
            return []
        running = [task["id"].lower() for task in run.own_tasks() if task["status"] == "running"]
        last_reports = [run.reports_by_task[task][-1] for task in running if task in run.reports_by_task]
        return self.summarize(
            [
                _breach(run, report)
                for report in last_reports
                if report.status == "running" and report.outcome == "accepted"
            ]
        )

    def had_occasion(self, run: Run) -> bool:
        return run.exited_normally and any(report.status == "running" for report in run.reports)


def _breach(run: Run, report: TaskReport) -> Breach:
    return Breach(
        phrase(
            "Task {task} was reported as running in {report_exchange}, and the worker exited "
            "without another report of it.",
            task=report.task,
            report_exchange=run.describe(report.exchange),
        ),
        (report.number,),
    )
