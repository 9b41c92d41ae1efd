"""Whether a worker was only waiting before its next look at the list when its run ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.rules.unfinished_work import work_requests
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_page import TaskPage


def waits_for_next_poll(run: Run, open_tasks: Sequence[Mapping[str, Any]], patience: float) -> bool:
    """Whether the time limit came while the worker had finished its work and had not looked again.

    Such a worker may read the list once in 30 seconds and do the open tasks then. Nobody knows. All open
    tasks are waiting. Its last request for work succeeded, less than `patience` seconds ago. Since it last
    read a list with waiting tasks, it has reported something, or all open tasks got their present status. A
    list of running tasks only does not count: with it, workers look up what became of a report.
    """
    waiting = frozenset(run.api.statuses_in("waiting"))
    requests = work_requests(run)
    if (
        run.ended_by != "time-limit"
        or not requests
        or any(task["status"] not in waiting for task in open_tasks)
    ):
        return False
    last = requests[-1]
    if run.recorded_at - last.ended >= patience or not _succeeded(run, last):
        return False
    page = next(filter(partial(_lists_any, waiting), reversed(run.pages)), None)
    if page is None or (run.reports and run.reports[-1].number > page.exchange.number):
        return True
    return all(_is_newer(run, task, page.exchange) for task in open_tasks)


def _lists_any(statuses: AbstractSet[str], page: TaskPage) -> bool:
    return not statuses.isdisjoint(page.parameters["status"])


def _succeeded(run: Run, exchange: Exchange) -> bool:
    reports = [report for report in run.reports if report.number == exchange.number]
    is_clear = exchange.accepted and exchange.number not in run.unreadable
    return is_clear and all(report.outcome == "accepted" for report in reports)


def _is_newer(run: Run, task: Mapping[str, Any], page: Exchange) -> bool:
    """Whether the task got its present status after the server answered with the list."""
    changes = run.history.changes(task["id"].lower())
    return bool(changes) and changes[-1].number > page.number
