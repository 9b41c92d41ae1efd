"""No task is left running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class NoneLeftRunning(Rule):
    """A worker that ends by itself leaves none of its tasks running of which it reported no end."""

    id: ClassVar[str] = "none-left-running"
    why: ClassVar[str] = "Nobody else takes a task that seems to run, and so it runs for ever."
    careful: ClassVar[str] = "reports an end for every task that it began, or sets it back, before it exits"
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        if not run.done:
            return []
        running = [task["id"].lower() for task in run.own_tasks() if task["status"] == "running"]
        begun = [run.reports_by_task[task][-1] for task in running if task in run.reports_by_task]
        left = [each for each in begun if each.status == "running" and each.outcome == "done"]
        return self.found([_case(run, each) for each in left])


def _case(run: Run, begun: TaskReport) -> Breach:
    return Breach(
        f"Task {begun.task} was reported as running in {run.named(begun.exchange)}, and the worker exited "
        "without "
        "another word about it.",
        (begun.number,),
    )
