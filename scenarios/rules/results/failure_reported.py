"""Rule failure-reported: report a task that failed at its site as failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class FailureReported(Rule):
    """A task with the config `{"simulate": "fail"}` fails at its site. Its first result must be failed.

    A worker does not have to simulate failures. So the rule is judged only if the worker reported at least
    one of these tasks as failed.
    """

    id: ClassVar[str] = "failure-reported"
    why: ClassVar[str] = phrase("The customer pays for a link that does not exist, and nobody tries again.")
    careful: ClassVar[str] = phrase(
        "reports a task as failed if its site refused it, however the task is reported"
    )
    general: ClassVar[bool] = False
    no_occasion: ClassVar[str] = phrase(
        "the worker reported none of the tasks as failed that are meant to fail"
    )

    def check(self, run: Run) -> list[Violation]:
        first_results = _first_results(run)
        if not any(report.status == "failed" for report in first_results):
            return []
        completed = [report for report in first_results if report.status == "completed"]
        return self.summarize([_breach(run, report) for report in completed])

    def had_occasion(self, run: Run) -> bool:
        return any(report.status == "failed" for report in _first_results(run))


def _first_results(run: Run) -> list[TaskReport]:
    """Returns the first accepted result of each task that is meant to fail."""
    results = []
    for task in filter(_is_meant_to_fail, run.own_tasks()):
        reports = run.reports_by_task.get(task["id"].lower(), ())
        accepted = (report for report in reports if report.is_result and report.outcome == "accepted")
        results += [report for report in (next(accepted, None),) if report is not None]
    return results


def _is_meant_to_fail(task: Mapping[str, Any]) -> bool:
    try:
        config = json.loads(task.get("config") or "null")
    except ValueError:
        return False
    return isinstance(config, dict) and config.get("simulate") == "fail"


def _breach(run: Run, report: TaskReport) -> Breach:
    return Breach(
        phrase(
            "Task {task} is meant to fail at its site, and the worker reported it as completed "
            "in {report_exchange}. It reported other tasks of this kind as failed.",
            task=report.task,
            report_exchange=run.describe(report.exchange),
        ),
        (report.number,),
    )
