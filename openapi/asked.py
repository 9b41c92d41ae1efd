"""What a request asks of the API, by its meaning: the completion of a task, the first page, a heartbeat.

A worker can complete a task with `PUT /tasks/:id`, in a bulk update or with a callback. In all three forms it
asks the same. A bulk update asks something for each of its items.

Call `asked_in` with an exchange. While a request comes, the mock makes an exchange without an answer, for the
triggers of a scenario. After a run, `Run.asked` has what each exchange asked, and `Run.troubles` (in
`scenarios/run_record/trouble.py`) has what went wrong with it. So the cells of a table of "what was asked"
and "what went wrong" are the pairs of both, for each number of an exchange.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import bulk_items_of, link_id_of, request_as_read, subject_task_id
from workerkit.openapi.spec.api import Api

# What an update asks that gives a task this status.
_BY_STATUS = {
    "queued": "queued",
    "running": "running",
    "completed": "completion",
    "failed": "failure",
    "canceled": "cancellation",
    "pending": "requeue",
}
_WITHOUT_STATUS = "details"
# What all other operations ask, except listTasks.
_BY_OPERATION = {
    "heartbeat": "heartbeat",
    "sendLogs": "logs",
    "setRequestStatus": "request-status",
    "setAccountStatus": "account-status",
}
_FORMS = {
    "updateTask": "single",
    "bulkUpdateTasks": "bulk",
    "updateLink": "callback",
    "completeLink": "callback",
}
FIRST_PAGE, LATER_PAGE = "first-page", "later-page"
# The kinds that are about one task.
TASK_KINDS = (*_BY_STATUS.values(), _WITHOUT_STATUS)
KINDS = (FIRST_PAGE, LATER_PAGE, *TASK_KINDS, *_BY_OPERATION.values())


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that a request asks. Two requests that ask the same have equal objects.

    kind: one of KINDS.
        `first-page`, `later-page`: a page of the task list, without a position in the list or with one.
        `queued`, `running`, `completion`, `failure`, `cancellation`: a task gets this status.
        `requeue`: a task becomes pending again.
        `details`: an update of a task without a status.
        `heartbeat`, `logs`, `request-status`, `account-status`: the operation of this name.
    about: the id of the task in lower case. For a page, its query with the parameters in order. Otherwise
        empty.
    """

    kind: str
    about: str = ""


def asked_in(exchange: Exchange, api: Api) -> tuple[Asked, ...]:
    """Returns what a request asks, in the order of the request and without duplicates.

    Returns nothing for a request that matches no operation, and for the parts of a body that the API cannot
    read. The answer of the exchange does not matter.
    """
    return tuple(dict.fromkeys(_asked(exchange, api)))


def form_of(operation: str | None) -> str | None:
    """The form of an update of tasks: `single`, `bulk` or `callback`. None for all other operations."""
    return _FORMS.get(operation or "")


def _asked(exchange: Exchange, api: Api) -> Iterator[Asked]:
    operation = exchange.operation or ""
    if operation in _BY_OPERATION:
        yield Asked(_BY_OPERATION[operation])
    elif operation == "listTasks":
        yield _page(exchange.query)
    elif form_of(operation) == "bulk":
        for item in bulk_items_of(request_as_read(exchange, api)):
            yield from _update(link_id_of(item), item)
    elif form_of(operation) is not None:
        body = request_as_read(exchange, api)
        is_completion = operation == "completeLink"
        yield from _update(subject_task_id(exchange, api), {"status": "completed"} if is_completion else body)


def _page(query: str) -> Asked:
    parameters = dict(parse_qsl(query))
    is_later = "after" in parameters or parameters.get("page", "1") != "1"
    return Asked(LATER_PAGE if is_later else FIRST_PAGE, urlencode(sorted(parameters.items())))


def _update(task: Any, fields: Any) -> Iterator[Asked]:
    status = fields.get("status") if isinstance(fields, Mapping) else None
    kind = _WITHOUT_STATUS if status is None else _BY_STATUS.get(str(status))
    if kind is not None and isinstance(task, str):
        yield Asked(kind, task.lower())
