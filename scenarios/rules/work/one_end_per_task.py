"""Rule one-end-per-task: end a task once, and do not start it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class OneEndPerTask(Rule):
    """After the server accepted that a task is completed, failed or canceled, the worker must not end the
    task again or start it again.

    The task may be done again if a list names it as open, or if the worker sets a failed task back. If
    the answer to an end was lost, the worker may send the same end again, but no other end. A completion may
    come once by update and once by callback, because only the callback counts the link.
    """

    id: ClassVar[str] = "one-end-per-task"
    why: ClassVar[str] = phrase("A task that ends twice was done twice, or one of its results is wrong.")
    careful: ClassVar[str] = phrase(
        "remembers the tasks that it has ended, works on each task once even if it is listed twice, and "
        "repeats a result only without changes"
    )
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("the worker ended no task")

    def check(self, run: Run) -> list[Violation]:
        return self.summarize([breach for task in run.reports_by_task for breach in _breaches(run, task)])

    def had_occasion(self, run: Run) -> bool:
        return any(report.is_end for report in run.reports)


def _breaches(run: Run, task: str) -> Iterator[Breach]:
    end: TaskReport | None = None
    for report in run.reports_by_task[task]:
        if end is not None and (_is_listed_as_open(run, end, report) or _sets_back(end, report)):
            end = None
        flaw = _flaw(end, report) if end is not None else None
        if end is not None and flaw is not None:
            yield Breach(
                phrase(
                    "Task {task} was reported as {status} in {end_exchange}, and then {flaw} in "
                    "{report_exchange}.",
                    task=task,
                    status=end.status,
                    end_exchange=run.describe(end.exchange),
                    flaw=flaw,
                    report_exchange=run.describe(report.exchange),
                ),
                (end.number, report.number),
            )
        elif _ends_task(run, report):
            end = report


def _ends_task(run: Run, report: TaskReport) -> bool:
    """Whether the report ended its task. The answer may be lost."""
    return report.is_end and (
        report.outcome == "accepted" or run.history.changed_in_exchange(report.task, report.number)
    )


def _is_listed_as_open(run: Run, end: TaskReport, report: TaskReport) -> bool:
    pages = run.pages_between(end.task, end.exchange, report.exchange)
    return any(page.tasks[end.task].get("status") not in run.api.statuses_in("ended") for page in pages)


def _sets_back(end: TaskReport, report: TaskReport) -> bool:
    """Whether the worker opens a failed task again to retry it."""
    return end.status == "failed" and report.status is not None and not report.is_end


def _flaw(end: TaskReport, report: TaskReport) -> str | None:
    """Returns in words why the report must not come after the end. None if it may come."""
    if report.status is None or report.exchange.began < end.exchange.ended:
        return None
    if report.is_end and report.status != end.status:
        return phrase("as {status}", status=report.status)
    if not end.answered_before(report.exchange):
        return None
    if report.is_end:
        return phrase("as {status} again", status=report.status) if _is_same_end(end, report) else None
    return phrase("started again, as {status},", status=report.status)


def _is_same_end(end: TaskReport, report: TaskReport) -> bool:
    fields = {name: value for name, value in report.fields.items() if name != "link_id"}
    return report.counts_link == end.counts_link and all(
        end.fields.get(name) == value for name, value in fields.items()
    )
