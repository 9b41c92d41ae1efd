"""A task ends once, and stays ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.model.until import ENDS
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class OneEndPerTask(Rule):
    """After an end that was accepted comes neither the same nor another one, nor is the task begun anew.

    The worker or the server may open the task again: a list that names it as open, or a report that sets it
    back, is the end of the end. An end whose answer was lost may be sent again, but not turned into another.
    A completion may come once by update and once by callback, which alone counts it.
    """

    id: ClassVar[str] = "one-end-per-task"
    why: ClassVar[str] = "A task that ends twice was done twice, or one of its results is wrong."
    careful: ClassVar[str] = (
        "remembers what it has ended, works on each task once even if it is listed twice, and repeats a "
        "result "
        "only as it was"
    )
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        return self.found([case for task in run.reports_by_task for case in _cases(run, task)])


def _cases(run: Run, task: str) -> Iterator[Breach]:
    end: TaskReport | None = None
    for report in run.reports_by_task[task]:
        if end is not None and (_is_reopened(run, end, report) or _reopens(end, report)):
            end = None
        said = _said(run, end, report) if end is not None else None
        if end is not None and said is not None:
            yield Breach(
                f"Task {task} was reported as {end.status} in {run.named(end.exchange)}, and then {said} in "
                f"{run.named(report.exchange)}.",
                (end.number, report.number),
            )
        elif _ends(run, report):
            end = report


def _ends(run: Run, report: TaskReport) -> bool:
    """Whether it brought its task to an end, as far as the worker was told, or without its being told."""
    return report.is_end and (report.outcome == "done" or run.history.changed_by(report.task, report.number))


def _is_reopened(run: Run, end: TaskReport, report: TaskReport) -> bool:
    listings = run.listed_between(end.task, end.exchange, report.exchange)
    return any(listing.tasks[end.task].get("status") not in ENDS for listing in listings)


def _reopens(end: TaskReport, report: TaskReport) -> bool:
    """Whether the worker itself opens the task again: a failed one may be tried again."""
    return end.status == "failed" and report.status is not None and not report.is_end


def _said(run: Run, end: TaskReport, report: TaskReport) -> str | None:
    """What is wrong with a report after an end, in words; None where nothing is."""
    if report.status is None or report.exchange.began < end.exchange.ended:
        return None
    if report.is_end and report.status != end.status:
        return f"as {report.status}"
    if not end.known_before(report.exchange):
        return None
    if report.is_end:
        return f"as {report.status} once more" if _is_the_same(end, report) else None
    return f"begun anew, as {report.status},"


def _is_the_same(end: TaskReport, report: TaskReport) -> bool:
    news = {name: value for name, value in report.fields.items() if name != "link_id"}
    return report.counts == end.counts and all(end.fields.get(name) == news[name] for name in news)
