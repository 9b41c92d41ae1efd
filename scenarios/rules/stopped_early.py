"""How a worker left off: the last things that it asked for, and what it left behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.model.until import WAITING
from workerkit.scenarios.run_record.run import Run

_LIST = "listTasks"


def work_requests(run: Run) -> list[Exchange]:
    """The exchanges with which the worker worked: it asked for tasks, or reported of them."""
    return [
        own_exchange
        for own_exchange in run.own_exchanges
        if own_exchange.operation == _LIST or own_exchange.number in run.tasks_by_exchange
    ]


def untouched(run: Run) -> list[Mapping[str, Any]]:
    """The tasks that still wait, that a list named to the worker, and of which it never reported anything.

    Only those of a type of service that it works on.
    """
    types = {task.get("service_type") for task in run.tasks if task["id"].lower() in run.reports_by_task}
    return [
        task
        for task in run.own_tasks()
        if task["status"] in WAITING
        and task["id"].lower() in run.listings_by_task
        and task["id"].lower() not in run.reports_by_task
        and task.get("service_type") in types
    ]


def some(tasks: list[Mapping[str, Any]]) -> str:
    """The first few of some tasks, by their ids."""
    ids = ", ".join(str(task["id"]) for task in tasks[:3])
    return f"{ids}{', ...' if len(tasks) > 3 else ''}"
