"""No task is tried more often than it may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.model.until import WAITING
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.list_seen import ListSeen
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class RetriesWithinLimit(Rule):
    """A failed task is not opened again once it was retried `max_retries` times.

    Counted is what the worker knows: the `retry_count` of the last list that named the task, and the retries
    that it asked for itself since then.
    """

    id: ClassVar[str] = "retries-within-limit"
    why: ClassVar[str] = (
        "A site that refuses a post for good is asked again and again, and blocks the account."
    )
    careful: ClassVar[str] = "leaves a failed task failed once its retry_count has reached its max_retries"
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        return self.found([case for task in run.reports_by_task for case in _cases(run, task)])


def _cases(run: Run, task: str) -> Iterator[Breach]:
    retries: list[TaskReport] = []
    last: TaskReport | None = None
    for report in run.reports_by_task[task]:
        listing = _last_listing(run, report)
        if listing is not None and report.status in (*WAITING, "running"):
            since = [retry for retry in retries if retry.exchange.began >= listing.exchange.ended]
            if _known_status(listing, task, last) == "failed":
                retries += [report] if report.outcome == "done" else []
                beyond = _count(listing, task) + len(since) >= _most(listing, task)
            else:
                beyond = report.status == "running" and _count(listing, task) > _most(listing, task)
            if beyond:
                yield _case(run, report, listing, len(since))
        if report.outcome == "done" and report.status is not None:
            last = report


def _known_status(listing: ListSeen, task: str, last: TaskReport | None) -> object:
    """What the worker knows a task to be, by the newer of a list and its own last report."""
    if last is not None and last.exchange.ended > listing.exchange.began:
        return last.status
    return listing.tasks[task].get("status")


def _last_listing(run: Run, report: TaskReport) -> ListSeen | None:
    listings = run.listings_by_task.get(report.task, ())
    known = [listing for listing in listings if listing.exchange.ended <= report.exchange.began]
    return known[-1] if known else None


def _count(listing: ListSeen, task: str) -> int:
    return _number(listing.tasks[task].get("retry_count"), 0)


def _most(listing: ListSeen, task: str) -> int:
    return _number(listing.tasks[task].get("max_retries"), 2**63)


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) else default


def _case(run: Run, retry: TaskReport, listing: ListSeen, since: int) -> Breach:
    own = f" and the worker retried it {since} times since" if since else ""
    return Breach(
        f"Task {retry.task} had retry_count {_count(listing, retry.task)} of max_retries "
        f"{_most(listing, retry.task)} in {run.named(listing.exchange)}{own}, and it was reported as "
        f"{retry.status} "
        f"again in {run.named(retry.exchange)}.",
        (listing.exchange.number, retry.number),
    )
