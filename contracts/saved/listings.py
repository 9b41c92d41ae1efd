"""The tasks that the lists of a run showed, and which requests name them."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.contracts.relations.listed_tasks import Task, tasks_in
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.openapi.exchange import Exchange

NAMELESS = "server-01"


@dataclass(frozen=True, slots=True)
class Listed:
    """A task as a list showed it, and whose list it was."""

    server: str
    task: Task

    @property
    def id(self) -> str:
        """The task's id, as text whatever it is."""
        return str(self.task.get("id"))


@dataclass(frozen=True, slots=True)
class Listing:
    """An answer with tasks: its exchange's number, and what it listed."""

    number: int
    tasks: tuple[Listed, ...]


def listing_of(exchange: Exchange) -> Listing:
    """What an exchange listed: nothing where it is for no list."""
    name = ParsedExchange(exchange).answered_field("server_name") if exchange.method == "GET" else None
    server = name.strip() if isinstance(name, str) else ""
    tasks = tasks_in(exchange) if exchange.method == "GET" else []
    return Listing(exchange.number, tuple(Listed(server or NAMELESS, task) for task in tasks))


def names(exchange: Exchange, task_id: str) -> bool:
    """Whether the request has a task's id in it, wherever."""
    return task_id in exchange.path or task_id.encode() in exchange.request_body or task_id in exchange.query
