"""A result that did not arrive is reported again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.fields.kinds import Seconds
from workerkit.scenarios.model.until import ENDS
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.rules.stopped_early import work_requests
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class ResultRepeated(Rule):
    """No result is lost in trouble that passed: the worker reports it again before it ends.

    Where the worker did not end by itself, it had `patience` after the trouble to do so. Of its longest
    silence two seconds are not counted: the machine may have been busy.
    """

    id: ClassVar[str] = "result-repeated"
    why: ClassVar[str] = (
        "The work was done, but nobody knows: the task stays open, and is done again or never."
    )
    careful: ClassVar[str] = "keeps a result until it is answered with 2xx, and sends it again after a pause"
    general: ClassVar[bool] = True

    patience: Seconds = 15.0

    def check(self, run: Run) -> list[Violation]:
        accepted = [
            work_request
            for work_request in work_requests(run)
            if work_request.accepted and work_request.number not in run.garbled
        ]
        last = accepted[-1] if accepted else None
        if last is None:
            return []
        return self.found([_case(run, each) for each in _lost(run) if self._had_time(run, each, last)])

    def _had_time(self, run: Run, lost: TaskReport, last: Exchange) -> bool:
        if last.number <= lost.number or last.began < lost.exchange.ended:
            return False
        return run.done or run.seconds_to_act(lost.exchange.ended, last.began) >= self.patience


def _lost(run: Run) -> list[TaskReport]:
    """The last reports of tasks, of those that are not at an end, where that was a result in trouble."""
    open_tasks = [task["id"].lower() for task in run.own_tasks() if task["status"] not in ENDS]
    last = [run.reports_by_task[task][-1] for task in open_tasks if task in run.reports_by_task]
    return [
        each
        for each in last
        if each.is_result and _did_not_arrive(each) and not run.history.changed_by(each.task, each.number)
    ]


def _did_not_arrive(report: TaskReport) -> bool:
    """Whether the worker was told that its report failed, or cannot have read that it was taken."""
    return report.outcome == "trouble" or (report.outcome == "unsure" and report.exchange.accepted)


def _case(run: Run, lost: TaskReport) -> Breach:
    answer = f"was answered {lost.exchange.status}" if lost.exchange.status else "got no answer"
    answer += ", but not as documented," if lost.exchange.accepted else ""
    return Breach(
        f"That task {lost.task} {lost.status} {answer} in {run.named(lost.exchange)}; the worker went on "
        "with "
        "other requests and never reported it again.",
        (lost.number,),
    )
