"""One page of the task list, as a worker received it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import tasks_of
from workerkit.openapi.spec.api import Api
from workerkit.openapi.spec.flaw import FlawError

_LIST = "listTasks"


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One page of the task list.

    exchange: the exchange that asked for the page.
    parameters: the query parameters of the request.
    tasks: the tasks on the page. The keys are their ids in lower case.
    """

    exchange: Exchange
    parameters: Mapping[str, Any]
    tasks: Mapping[str, Mapping[str, Any]]

    def can_list(self, status: str, service_type: str) -> bool:
        """Whether the filters of the request allow a task with this status and service type."""
        return status in self.parameters["status"] and self.parameters["service_type"] in (None, service_type)


def task_pages(exchanges: Sequence[Exchange], api: Api, unreadable: Collection[int]) -> tuple[TaskPage, ...]:
    """Returns the pages that the client could read, in the order of their exchanges.

    unreadable: the numbers of the exchanges whose answer the client could not read.
    """
    pages = (
        _page(exchange, api)
        for exchange in exchanges
        if exchange.accepted and exchange.number not in unreadable
    )
    return tuple(page for page in pages if page is not None)


def _page(exchange: Exchange, api: Api) -> TaskPage | None:
    if exchange.operation != _LIST:
        return None
    tasks = tasks_of(exchange.answer_json())
    if tasks is None:
        return None
    try:
        parameters = api.operations[_LIST].parse_request({}, exchange.query, b"").parameters
    except FlawError:
        return None
    tasks_by_id = {str(task["id"]).lower(): task for task in tasks if "id" in task}
    return TaskPage(exchange, parameters, tasks_by_id)
