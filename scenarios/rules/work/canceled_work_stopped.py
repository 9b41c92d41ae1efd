"""Work that was canceled stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.fields.kinds import Seconds
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.change import Change
from workerkit.scenarios.run_record.list_seen import ListSeen
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation

_CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class CanceledWorkStopped(Rule):
    """Nothing is reported of a task that others canceled, once the worker could know it.

    It knows when a report of the task is refused, or `margin` after a list named the task as canceled: one of
    canceled tasks alone, or one that it asked for right after a report of this task. Of the worker's longest
    silence in between two seconds are not counted: the machine may have been busy.
    """

    id: ClassVar[str] = "canceled-work-stopped"
    why: ClassVar[str] = (
        "The customer has taken the task back: its result is not wanted, and may overwrite that."
    )
    careful: ClassVar[str] = (
        "looks which of its tasks were canceled, drops them, and reports nothing more of them"
    )
    general: ClassVar[bool] = True

    margin: Seconds = 1.0

    def check(self, run: Run) -> list[Violation]:
        canceled = [
            change
            for task in run.reports_by_task
            for change in run.history.changes(task)
            if change.now == _CANCELED and change.by
        ]
        return self.found([case for change in canceled for case in self._cases(run, change)])

    def _cases(self, run: Run, change: Change) -> Iterator[Breach]:
        task = change.id.lower()
        for report in run.reports_by_task[task]:
            told = self._told(run, change, report)
            if told is not None and run.history.before(task, report.number) == _CANCELED and report.status:
                yield _case(run, report, change, told)

    def _told(self, run: Run, change: Change, report: TaskReport) -> Exchange | None:
        """The exchange that told the worker of it before a report."""
        task = report.task
        refusals = [
            each.exchange
            for each in run.reports_by_task[task]
            if each.number >= change.number
            and each.outcome == "refused"
            and each.known_before(report.exchange)
        ]
        lists = [
            each.exchange
            for each in run.listings_by_task.get(task, ())
            if each.exchange.number >= change.number
            and each.tasks[task].get("status") == _CANCELED
            and _was_looked_for(run, task, each)
            and run.seconds_to_act(each.exchange.ended, report.exchange.began) >= self.margin
        ]
        return next(iter([*refusals, *lists]), None)


def _was_looked_for(run: Run, task: str, listing: ListSeen) -> bool:
    """Whether a list was asked for to learn that a task was canceled; others are read for other tasks."""
    if listing.asked["status"] == [_CANCELED]:
        return True
    before = [report for report in run.reports if report.number < listing.exchange.number]
    return bool(before) and before[-1].task == task


def _case(run: Run, report: TaskReport, change: Change, told: Exchange) -> Breach:
    return Breach(
        f"Task {report.task} was canceled at {run.since_start(change.at)}, of which {run.named(told)} told "
        "the "
        f"worker, and it was reported as {report.status} in {run.named(report.exchange)}.",
        (told.number, report.number),
    )
