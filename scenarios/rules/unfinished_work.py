"""The requests of a worker about tasks, and the tasks that it did not do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.run_record.run import Run

_LIST = "listTasks"
_MOST_NAMED = 3


def work_requests(run: Run) -> list[Exchange]:
    """Returns the exchanges in which the worker asked for tasks or reported about tasks."""
    return [
        exchange
        for exchange in run.own_exchanges
        if exchange.operation == _LIST or exchange.number in run.tasks_by_exchange
    ]


def listed_but_not_reported(run: Run) -> list[Mapping[str, Any]]:
    """Returns the waiting tasks that a list named to the worker and that the worker never reported.

    A task is returned only if the worker reported another task of the same service type.
    """
    types = {task.get("service_type") for task in run.tasks if task["id"].lower() in run.reports_by_task}
    return [
        task
        for task in run.own_tasks()
        if task["status"] in run.api.statuses_in("waiting")
        and task["id"].lower() in run.pages_by_task
        and task["id"].lower() not in run.reports_by_task
        and task.get("service_type") in types
    ]


def first_ids(tasks: Sequence[Mapping[str, Any]]) -> str:
    """Returns the ids of the first three tasks as text."""
    ids = ", ".join(str(task["id"]) for task in tasks[:_MOST_NAMED])
    return f"{ids}{', ...' if len(tasks) > _MOST_NAMED else ''}"
