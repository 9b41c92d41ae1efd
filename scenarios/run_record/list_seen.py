"""A page of tasks as a worker got it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import Api
from workerkit.openapi.spec.flaw import FlawError

_LIST = "listTasks"


@dataclass(frozen=True, slots=True)
class ListSeen:
    """A page: `asked` are the parameters that it was asked for with, `tasks` are the tasks on it by id."""

    exchange: Exchange
    asked: Mapping[str, Any]
    tasks: Mapping[str, Mapping[str, Any]]

    def would_list(self, status: str, service_type: str) -> bool:
        """Whether its filters let a task of this status and type through."""
        return status in self.asked["status"] and self.asked["service_type"] in (None, service_type)


def lists_seen(exchanges: Sequence[Exchange], api: Api, garbled: Collection[int]) -> tuple[ListSeen, ...]:
    """The pages in these exchanges that were answered in order, as they were answered."""
    pages = (
        _listing(exchange, api)
        for exchange in exchanges
        if exchange.accepted and exchange.number not in garbled
    )
    return tuple(page for page in pages if page is not None)


def _listing(exchange: Exchange, api: Api) -> ListSeen | None:
    if exchange.operation != _LIST:
        return None
    answer = exchange.answered()
    tasks = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(tasks, list):
        return None
    try:
        asked = api.operations[_LIST].read({}, exchange.query, b"").parameters
    except FlawError:
        return None
    listed = {str(task["id"]).lower(): task for task in tasks if isinstance(task, dict) and "id" in task}
    return ListSeen(exchange, asked, listed)
