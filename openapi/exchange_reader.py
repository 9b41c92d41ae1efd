"""Reads tasks, ids, totals and server names from exchanges.

The fields `data`, `total`, `next_cursor`, `items`, `results`, `logs`, `created` and `link_id` of requests and
answers are read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.media_type import is_json_type
from workerkit.openapi.spec.api import Api, UnknownPathError, WrongMethodError, worker_api

Json = Mapping[str, Any]

# The operations that are about one task. They get 403 if the task belongs to another server.
TASK_OPERATIONS = ("updateTask", "updateLink", "completeLink")


# Fields of JSON values


def data_of(answer: Any) -> Any:
    """The field `data` of an answer: the tasks of a page, or the result of an update. None if missing."""
    return _field(answer, "data")


def tasks_of(answer: Any) -> list[dict[str, Any]] | None:
    """The tasks in the field `data` of a page. None if there is no list of tasks."""
    data = data_of(answer)
    return _objects(data) if isinstance(data, list) else None


def total_of(answer: Any) -> Any:
    """The field `total` of a page: how many tasks all pages have together. None if it is missing."""
    return _field(answer, "total")


def bulk_items_of(request: Any) -> list[Any]:
    """The items in the body of a bulk update. Empty if there is no list of items."""
    return _list(_field(request, "items"))


def bulk_results_of(answer: Any) -> list[Any]:
    """The results in the answer to a bulk update. Empty if there is no list of results."""
    return _list(_field(answer, "results"))


def log_entries_of(request: Any) -> list[Any]:
    """The entries in the body of a log batch. Empty if there is no list of entries."""
    return _list(_field(request, "logs"))


def created_of(answer: Any) -> Any:
    """The field `created` of the answer to a log batch: how many entries were stored. None if missing."""
    return _field(answer, "created")


def next_cursor_of(answer: Any) -> Any:
    """The field `next_cursor` of a page. None if it is missing."""
    return _field(answer, "next_cursor")


def link_id_of(value: Any) -> Any:
    """The id of a task in an item, a result or the body of a callback. None if it is missing."""
    return _field(value, "link_id")


def error_of(value: Any) -> Any:
    """The field `error` of a result of a bulk update. None if it is missing."""
    return _field(value, "error")


# Parts of exchanges


def key_of(exchange: Exchange) -> str:
    """The API key of a request. Empty if it has none."""
    return exchange.header(worker_api().key_header) or ""


def lacks_json_type(exchange: Exchange, api: Api) -> bool:
    """True if the dialect demands a JSON Content-Type, and a request with a body does not have one."""
    is_free = api.dialect["content-type"] == "any" or not exchange.request_body
    return not is_free and not is_json_type(exchange.header("content-type") or "")


def request_as_read(exchange: Exchange, api: Api) -> Any:
    """The JSON of a request, as a server with the API's dialect reads it. None if there is none.

    The dialect may convert or leave out values, or ignore the whole body.
    """
    is_ignored = api.dialect["content-type"] == "ignored" and lacks_json_type(exchange, api)
    value = None if is_ignored else exchange.request_json()
    operation = api.operations.get(exchange.operation or "")
    coercion = operation.coercion if operation is not None else None
    return value if coercion is None else coercion.coerce(value)


def server_identity(exchange: Exchange) -> Json:
    """The part of an answer with the id and the name of the server. Empty if the answer has no such part."""
    answer = exchange.answer_json() if exchange.accepted else None
    identity = data_of(answer) if exchange.operation == "heartbeat" and isinstance(answer, dict) else answer
    return identity if isinstance(identity, dict) and "server_name" in identity else {}


def listed_tasks(exchange: Exchange) -> list[Json] | None:
    """The tasks on a page. None if the exchange is not an accepted request for a page."""
    if exchange.operation != "listTasks" or not exchange.accepted:
        return None
    tasks = tasks_of(exchange.answer_json())
    return None if tasks is None else [task for task in tasks if isinstance(task.get("id"), str)]


def requested_cursor(exchange: Exchange) -> str | None:
    """The `after` of a request for a page. None if it has no `after`."""
    return dict(parse_qsl(exchange.query, keep_blank_values=True)).get("after")


def subject_task_id(exchange: Exchange, api: Api) -> str | None:
    """The id of the one task that a request is about, in lower case. None if it is not about one task."""
    try:
        match = api.match(exchange.method, exchange.path)
    except (UnknownPathError, WrongMethodError):
        return None
    if match.operation.subject is None or match.operation.subject.kind != "task":
        return None
    task_id = match.operation.subject_id(match.path_values, exchange.request_body)
    return task_id.lower() if task_id else None


def named_tasks(exchange: Exchange) -> list[str]:
    """The ids of the tasks that a request wants to change, in lower case."""
    if exchange.operation == "bulkUpdateTasks":
        ids = (link_id_of(item) for item in _objects(bulk_items_of(exchange.request_json())))
        return [task_id.lower() for task_id in ids if isinstance(task_id, str)]
    task_id = subject_task_id(exchange, worker_api())
    return [] if task_id is None else [task_id]


def task_ownership(exchange: Exchange) -> Iterator[tuple[str, bool]]:
    """The ids of tasks that exist according to an answer, each with True if the server owns the task."""
    if exchange.operation == "bulkUpdateTasks" and exchange.accepted:
        for result in _objects(bulk_results_of(exchange.answer_json())):
            is_own = result.get("success") is True
            if is_own or result.get("error") == worker_api().error_code(403):
                yield str(link_id_of(result)).lower(), is_own
    elif exchange.operation in TASK_OPERATIONS and (exchange.accepted or exchange.status == 403):
        task_id = subject_task_id(exchange, worker_api())
        if task_id is not None:
            yield task_id, exchange.accepted


def statuses_set(exchange: Exchange) -> dict[str, str]:
    """The new statuses that an accepted request gave to tasks, by task id."""
    task_ids = [task_id for task_id, is_own in task_ownership(exchange) if is_own]
    request = exchange.request_json() if task_ids else None
    if not isinstance(request, dict):
        return {}
    if exchange.operation == "completeLink":
        return dict.fromkeys(task_ids, "completed")
    items = _objects(bulk_items_of(request)) if exchange.operation == "bulkUpdateTasks" else []
    status_of_item = {str(link_id_of(item)).lower(): item.get("status") for item in items}
    statuses = {task_id: status_of_item.get(task_id, request.get("status")) for task_id in task_ids}
    return {task_id: status for task_id, status in statuses.items() if isinstance(status, str)}


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(members: list[Any]) -> list[dict[str, Any]]:
    return [member for member in members if isinstance(member, dict)]
