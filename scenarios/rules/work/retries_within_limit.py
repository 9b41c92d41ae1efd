"""Rule retries-within-limit: do not retry a task too often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_page import TaskPage
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class RetriesWithinLimit(Rule):
    """The worker must not open a failed task again if the task was already retried `max_retries` times.

    The rule counts the retries that the worker knows: `retry_count` in the last list that named the task, and
    the worker's own retries since then.
    """

    id: ClassVar[str] = "retries-within-limit"
    why: ClassVar[str] = phrase(
        "Some sites refuse a post each time. After many attempts, the site blocks the account."
    )
    careful: ClassVar[str] = phrase(
        "does not retry a failed task after its retry_count has reached its max_retries"
    )
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("no task had failed")

    def check(self, run: Run) -> list[Violation]:
        return self.summarize([breach for task in run.reports_by_task for breach in _breaches(run, task)])

    def had_occasion(self, run: Run) -> bool:
        listed = (task for page in run.pages for task in page.tasks.values())
        was_tried = any(task.get("status") == "failed" or task.get("retry_count") for task in listed)
        return was_tried or any(report.status == "failed" for report in run.reports)


def _breaches(run: Run, task: str) -> Iterator[Breach]:
    retries: list[TaskReport] = []
    last: TaskReport | None = None
    for report in run.reports_by_task[task]:
        page = _last_page(run, report)
        if page is not None and report.status in (*run.api.statuses_in("waiting"), "running"):
            since = [retry for retry in retries if retry.exchange.began >= page.exchange.ended]
            if _known_status(page, task, last) == "failed":
                retries += [report] if report.outcome == "accepted" else []
                is_beyond = _retry_count(page, task) + len(since) >= _max_retries(page, task)
            else:
                is_beyond = report.status == "running" and _retry_count(page, task) > _max_retries(page, task)
            if is_beyond:
                yield _breach(run, report, page, len(since))
        if report.outcome == "accepted" and report.status is not None:
            last = report


def _known_status(page: TaskPage, task: str, last: TaskReport | None) -> object:
    """Returns the newest status that the worker knows: from the page, or from its own last report."""
    if last is not None and last.exchange.ended > page.exchange.began:
        return last.status
    return page.tasks[task].get("status")


def _last_page(run: Run, report: TaskReport) -> TaskPage | None:
    pages = run.pages_by_task.get(report.task, ())
    earlier_pages = [page for page in pages if page.exchange.ended <= report.exchange.began]
    return earlier_pages[-1] if earlier_pages else None


def _retry_count(page: TaskPage, task: str) -> int:
    return _number(page.tasks[task].get("retry_count"), 0)


def _max_retries(page: TaskPage, task: str) -> int:
    return _number(page.tasks[task].get("max_retries"), 2**63)


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) else default


def _breach(run: Run, retry: TaskReport, page: TaskPage, since: int) -> Breach:
    own = phrase(", and the worker retried it {since} times after that", since=since) if since else ""
    return Breach(
        phrase(
            "Task {task} had retry_count {retry_count} and max_retries {max_retries} in "
            "{page_exchange}{own}. The worker then reported it as {status} again in "
            "{retry_exchange}.",
            task=retry.task,
            retry_count=_retry_count(page, retry.task),
            max_retries=_max_retries(page, retry.task),
            page_exchange=run.describe(page.exchange),
            own=own,
            status=retry.status,
            retry_exchange=run.describe(retry.exchange),
        ),
        (page.exchange.number, retry.number),
    )
