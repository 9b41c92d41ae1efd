"""A link is counted once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class CountedOnce(Rule):
    """No completion raises the request's created_links a second time because its first answer was lost.

    Where the server counts a link once however often it is completed, nothing is to be blamed.
    """

    id: ClassVar[str] = "counted-once"
    why: ClassVar[str] = (
        "The server had counted the link before its answer was lost: the customer pays for two."
    )
    careful: ClassVar[str] = (
        "looks in the list what became of the task before it repeats a completion, or repeats it by PUT, "
        "which "
        "counts nothing"
    )
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        counted = {change.number for change in run.changes if change.field == "created_links"}
        cases = []
        for task, reports in run.reports_by_task.items():
            completions = [report for report in reports if report.counts and report.number in counted]
            for first, second in pairwise(completions):
                done_already = run.history.before(task, second.number) == "completed"
                if done_already and first.outcome != "done":
                    cases.append(_case(run, first, second))
        return self.found(cases)


def _case(run: Run, first: TaskReport, second: TaskReport) -> Breach:
    return Breach(
        f"Task {first.task} was completed in {run.named(first.exchange)}, whose answer did not arrive in "
        "order, "
        f"and once more, blindly, in {run.named(second.exchange)}: the link was counted twice.",
        (first.number, second.number),
    )
