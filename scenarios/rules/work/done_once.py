"""What the worker has completed it does not do again, whatever a list says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class DoneOnce(Rule):
    """A task whose completion was accepted, and is completed still, is not begun again for an old list.

    Not general: a worker that was started anew between the two knows nothing but the list.
    """

    id: ClassVar[str] = "done-once"
    why: ClassVar[str] = (
        "A list can be older than the worker's last results, and work done twice is seen by customers."
    )
    careful: ClassVar[str] = (
        "remembers the tasks that it has completed, and skips them when a list names them again"
    )
    general: ClassVar[bool] = False

    def check(self, run: Run) -> list[Violation]:
        return self.found([case for task in run.reports_by_task for case in _cases(run, task)])


def _cases(run: Run, task: str) -> Iterator[Breach]:
    done: TaskReport | None = None
    for report in run.reports_by_task[task]:
        if done is not None and _is_begun_again(run, done, report):
            yield Breach(
                f"Task {task} was completed in {run.named(done.exchange)} and is so still, and the worker "
                "began it "
                f"again, as {report.status}, in {run.named(report.exchange)}, because an old list named it.",
                (done.number, report.number),
            )
        elif report.status == "completed" and report.outcome == "done":
            done = report


def _is_begun_again(run: Run, done: TaskReport, report: TaskReport) -> bool:
    return (
        report.status is not None
        and not report.is_end
        and done.known_before(report.exchange)
        and run.history.before(report.task, report.number) == "completed"
        and bool(run.listed_between(report.task, done.exchange, report.exchange))
    )
