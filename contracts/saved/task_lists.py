"""The tasks in the lists of a run, and the requests that name them."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.contracts.relations.listed_tasks import Task, tasks_in
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.openapi.exchange import Exchange

# For a list that does not give the name of its server.
DEFAULT_SERVER_NAME = "server-01"


@dataclass(frozen=True, slots=True)
class ListedTask:
    """A task in a list.

    server: the name of the server to which the list belongs.
    task: the task in the form of the answer.
    """

    server: str
    task: Task

    @property
    def id(self) -> str:
        """The id of the task as text. The target may answer with an id of any type."""
        return str(self.task.get("id"))


@dataclass(frozen=True, slots=True)
class TaskList:
    """The tasks in the answer of one exchange.

    number: the number of the exchange.
    tasks: the tasks. Empty if the exchange is not a list.
    """

    number: int
    tasks: tuple[ListedTask, ...]


def task_list_of(exchange: Exchange) -> TaskList:
    """The tasks in the answer of an exchange. Only GET requests are lists."""
    name = ParsedExchange(exchange).answer_field("server_name") if exchange.method == "GET" else None
    server = name.strip() if isinstance(name, str) else ""
    tasks = tasks_in(exchange) if exchange.method == "GET" else []
    return TaskList(exchange.number, tuple(ListedTask(server or DEFAULT_SERVER_NAME, task) for task in tasks))


def names_task(exchange: Exchange, task_id: str) -> bool:
    """True if the path, the query or the body of the request contains the task id."""
    return task_id in exchange.path or task_id.encode() in exchange.request_body or task_id in exchange.query
