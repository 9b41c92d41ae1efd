"""Functions for the tasks in an answer to GET /tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import tasks_of, total_of
from workerkit.openapi.spec.api import worker_api

Task = dict[str, Any]
LINK_FIELDS = ("link_profile", "link_post")
_COMPLETED = "completed"


def tasks_in(exchange: Exchange) -> list[Task]:
    """The tasks in an answer to GET /tasks. An empty list for any other answer."""
    return (tasks_of(ParsedExchange(exchange).answer_json) if exchange.accepted else None) or []


def tasks_of_largest_list(exchanges: Iterable[Exchange]) -> list[Task]:
    """The tasks in the longest answer to GET /tasks that was not refused."""
    lists = [exchange for exchange in exchanges if exchange.operation == "listTasks" and exchange.accepted]
    largest = max(lists, key=lambda exchange: len(exchange.answer_body), default=None)
    return tasks_in(largest) if largest is not None else []


def usable_tasks_in(exchange: Exchange) -> list[Task]:
    """The listed tasks with an id and a status. A test can use only these tasks."""
    needed = ("id", "status")
    return [task for task in tasks_in(exchange) if all(isinstance(task.get(name), str) for name in needed)]


def total_in(exchange: Exchange) -> int:
    """The field `total` of an answer to GET /tasks. It is -1 for any other answer."""
    total = total_of(ParsedExchange(exchange).answer_json)
    return total if isinstance(total, int) else -1


def next_status(status: str) -> str:
    """The next status on the shortest way to completed, for example queued for pending.

    If the task has ended, for example with failed, the result is completed. It is also completed if the flow
    has no way from the status to completed.
    """
    return _next_statuses().get(status, _COMPLETED)


@cache
def _next_statuses() -> Mapping[str, str]:
    """For pending, queued and running: the next status on the shortest way to completed."""
    api = worker_api()
    still_open = (*api.statuses_in("waiting"), *api.statuses_in("working"))
    next_statuses: dict[str, str] = {}
    reached = deque([_COMPLETED])
    while reached:
        target = reached.popleft()
        for status in still_open:
            if target in api.flow[status] and status not in next_statuses:
                next_statuses[status] = target
                reached.append(status)
    return next_statuses


def statuses_until(task: Task, end: str) -> Iterator[str]:
    """The next statuses of the task in the flow, and `end` as the last one.

    For a pending task and the end `failed`: queued, running, failed.
    """
    status = next_status(str(task["status"]))
    while status != _COMPLETED:
        yield status
        status = next_status(status)
    yield end
