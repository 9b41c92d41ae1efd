"""Reads tasks back from the list after they were written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task, tasks_in
from workerkit.contracts.run.context import RunContext
from workerkit.openapi.exchange import Exchange

_MOST_PAGES = 5


@dataclass(frozen=True, slots=True)
class FoundTask:
    """A task in a list, and the exchange that has the list."""

    task: Task
    exchange: Exchange


def read_tasks(context: RunContext, ids: Iterable[str], key: str | None = None) -> dict[str, FoundTask]:
    """The tasks with these ids, as GET /tasks lists them now. A task that no list shows is left out.

    First lists the tasks that have not ended. Lists the others only if a task is missing.
    """
    wanted, found = set(ids), dict[str, FoundTask]()
    statuses = lenient_spec.enum_values("TaskStatus")
    still_open = [status for status in statuses if status in (*lenient_spec.waiting_statuses(), "running")]
    ended = [status for status in statuses if status not in still_open]
    for group in (still_open, ended):
        for page in range(1, _MOST_PAGES + 1):
            if wanted <= found.keys():
                return found
            if not _add_page(context, found, wanted, ",".join(group), page, key):
                break
    return found


def _add_page(
    context: RunContext,
    found: dict[str, FoundTask],
    wanted: set[str],
    status: str,
    page: int,
    key: str | None,
) -> bool:
    """Adds the wanted tasks of one page. Returns True if there can be further pages."""
    limit = context.highest_limit
    exchange = context.client.get_tasks(key=key, status=status, limit=limit, page=page)
    tasks = tasks_in(exchange)
    for task in tasks:
        if task.get("id") in wanted:
            found[str(task["id"])] = FoundTask(task, exchange)
    return len(tasks) >= limit
