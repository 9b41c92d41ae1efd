"""Rule counted-once: do not count a link twice."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class CountedOnce(Rule):
    """After a completion without a clear answer, the worker must not make the server count the link twice.

    The server counts links in `created_links` of the customer's request. Some servers count a link once even
    if its task is completed twice. With these servers, no worker breaks this rule.
    """

    id: ClassVar[str] = "counted-once"
    why: ClassVar[str] = phrase(
        "The server had counted the link before its answer was lost. The customer pays for two links."
    )
    careful: ClassVar[str] = phrase(
        "looks up the task in the list before it repeats a completion, or repeats the completion by PUT, "
        "which counts no link"
    )
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("no callback that completes a task failed")

    def check(self, run: Run) -> list[Violation]:
        counting = {change.number for change in run.changes if change.field == "created_links"}
        breaches = []
        for task, reports in run.reports_by_task.items():
            completions = [report for report in reports if report.counts_link and report.number in counting]
            for first, second in pairwise(completions):
                was_completed = run.history.value_before(task, second.number) == "completed"
                if was_completed and first.outcome != "accepted":
                    breaches.append(_breach(run, first, second))
        return self.summarize(breaches)

    def had_occasion(self, run: Run) -> bool:
        return any(report.counts_link and report.outcome != "accepted" for report in run.reports)


def _breach(run: Run, first: TaskReport, second: TaskReport) -> Breach:
    return Breach(
        phrase(
            "Task {task} was completed in {first_exchange}, but the worker got no clear answer. "
            "It completed the task again in {second_exchange}, and the link was counted twice.",
            task=first.task,
            first_exchange=run.describe(first.exchange),
            second_exchange=run.describe(second.exchange),
        ),
        (first.number, second.number),
    )
