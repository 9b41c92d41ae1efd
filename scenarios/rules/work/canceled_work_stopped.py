"""Rule canceled-work-stopped: stop the work on a canceled task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.kinds import Seconds
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.change import Change
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_page import TaskPage
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation

_CANCELED = "canceled"
_ANSWERED = ("accepted", "refused")


@dataclass(frozen=True, slots=True)
class CanceledWorkStopped(Rule):
    """If somebody else canceled a task and the worker can know this, the worker must not report the task
    again.

    The worker can know this when a report of the task was refused, or when the time `margin` has passed since
    a list showed the task as canceled. The worker's longest pause between requests, up to 2 seconds, is
    subtracted from this time. A busy machine may have caused the pause. A list counts if the worker asked for
    canceled tasks only. Other lists count only if both are true: the worker's last report before the list was
    about this task, and the worker did not have to repeat a failed report of another task.
    """

    id: ClassVar[str] = "canceled-work-stopped"
    why: ClassVar[str] = phrase(
        "The customer took the task back. Nobody wants its result, and the result may undo the cancellation."
    )
    careful: ClassVar[str] = phrase(
        "checks which of its tasks were canceled, drops them, and reports nothing more about them"
    )
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("no task that the worker reported was canceled")

    margin: Seconds = 1.0

    def check(self, run: Run) -> list[Violation]:
        cancellations = [
            change
            for task in run.reports_by_task
            for change in run.history.changes(task)
            if change.now == _CANCELED and change.by
        ]
        return self.summarize([breach for change in cancellations for breach in self._breaches(run, change)])

    def had_occasion(self, run: Run) -> bool:
        changes = (change for task in run.reports_by_task for change in run.history.changes(task))
        return any(change.now == _CANCELED and change.by for change in changes)

    def _breaches(self, run: Run, change: Change) -> Iterator[Breach]:
        task = change.id.lower()
        for report in run.reports_by_task[task]:
            notice = self._notice(run, change, report)
            was_canceled = run.history.value_before(task, report.number) == _CANCELED
            if notice is not None and was_canceled and report.status:
                yield _breach(run, report, change, notice)

    def _notice(self, run: Run, change: Change, report: TaskReport) -> Exchange | None:
        """Returns an exchange before `report` in which the worker could learn of the cancellation."""
        task = report.task
        refusals = [
            earlier.exchange
            for earlier in run.reports_by_task[task]
            if earlier.number >= change.number
            and earlier.outcome == "refused"
            and earlier.answered_before(report.exchange)
        ]
        lists = [
            page.exchange
            for page in run.pages_by_task.get(task, ())
            if page.exchange.number >= change.number
            and page.tasks[task].get("status") == _CANCELED
            and _is_check_of_task(run, task, page)
            and run.seconds_to_act(page.exchange.ended, report.exchange.began) >= self.margin
        ]
        return next(iter([*refusals, *lists]), None)


def _is_check_of_task(run: Run, task: str, page: TaskPage) -> bool:
    """Whether the worker asked for a page to learn if this task was canceled, and not to find other tasks."""
    if page.parameters["status"] == [_CANCELED]:
        return True
    latest = {report.task: report for report in run.reports if report.number < page.exchange.number}
    if not latest or max(latest.values(), key=_number).task != task:
        return False
    # Another thread may have asked for the page because its report of another task failed.
    return all(report.outcome in _ANSWERED for other, report in latest.items() if other != task)


def _number(report: TaskReport) -> int:
    return report.number


def _breach(run: Run, report: TaskReport, change: Change, notice: Exchange) -> Breach:
    return Breach(
        phrase(
            "Task {task} was canceled at {time}. The worker could see this in {notice_exchange}, "
            "but reported the task as {status} in {report_exchange}.",
            task=report.task,
            time=run.since_start(change.at),
            notice_exchange=run.describe(notice),
            status=report.status,
            report_exchange=run.describe(report.exchange),
        ),
        (notice.number, report.number),
    )
