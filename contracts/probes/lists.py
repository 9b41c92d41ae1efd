"""Probes that only list tasks with GET /tasks."""

from __future__ import annotations

from collections.abc import Iterator

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task, tasks_in, total_in
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, not_observed, observed, observed_by_status
from workerkit.contracts.scripted.lists import (
    creation_time,
    observe_first_cursor,
    observe_last_cursor,
    observe_nulls,
    observe_order,
    observe_time_precision,
)
from workerkit.contracts.target.fake_ids import FAKE_PARAMETER, NOT_AN_ID
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase

# One probe sends limit=1, page=3 and `after` with the first task. A server that uses `after` answers with the
# second task. A server that uses `page` answers with the third task.
_FAR_PAGE = 3
_PAGE_SIZE = 3
_STATUS_OF_REFUSAL = {"reject": 400, "not-found": 404}


def probe_zero_limit_and_page(context: RunContext) -> Iterator[Observation]:
    """Lists tasks with `limit=0`, then with `page=0`."""
    exchanges = {name: context.client.get_tasks_with({name: 0}) for name in ("limit", "page")}
    statuses = set()
    for name, exchange in exchanges.items():
        used_value = ParsedExchange(exchange).answer_field(name)
        if exchange.accepted and used_value != lenient_spec.parameter_default(name):
            yield not_observed(
                "below-minimum",
                phrase(
                    "the answer to {name}=0 has the {name} {used_value}", name=name, used_value=used_value
                ),
                exchange,
            )
            return
        statuses.add(exchange.status)
    if len(statuses) > 1:
        why = phrase("limit=0 and page=0 get answers with different statuses")
        yield not_observed("below-minimum", why, *exchanges.values())
    else:
        yield observed_by_status("below-minimum", {200: "default", 400: "reject"}, exchanges["limit"])


def probe_unknown_status_filter(context: RunContext) -> Iterator[Observation]:
    """Lists tasks with an unknown status, `status=nonsense`."""
    exchange = context.client.get_tasks(status="nonsense")
    if tasks_in(exchange):
        yield not_observed("unknown-status-filter", phrase("the server ignored the filter"), exchange)
    else:
        yield observed_by_status("unknown-status-filter", {200: "empty", 400: "reject"}, exchange)


def probe_unknown_cursor(context: RunContext) -> Iterator[Observation]:
    """Lists tasks after an id that no task has."""
    first, exchange = _list_tasks(context), _list_tasks(context, after=context.new_fake_id())
    if not tasks_in(first):
        yield not_observed("unknown-cursor", phrase("the server has no task"), first)
    elif exchange.accepted and tasks_in(exchange) and _ids(exchange) != _ids(first):
        why = phrase("the list after an unknown id has other tasks than the first page")
        yield not_observed("unknown-cursor", why, first, exchange)
    else:
        value_if_accepted = "first-page" if tasks_in(exchange) else "empty"
        values = {200: value_if_accepted, 400: "reject", 404: "not-found"}
        yield observed_by_status("unknown-cursor", values, exchange)


def probe_malformed_cursor(context: RunContext) -> Iterator[Observation]:
    """Lists tasks after a text that is not a UUID.

    This is the only probe of `malformed-id` for a run without writes. The probe cannot show the value if the
    target answers 400 to every unknown cursor.
    """
    if context.ledger.known_value("unknown-cursor") in (None, "reject"):
        why = phrase("needs --writes sandbox or all, because the server refuses every unknown cursor")
        yield not_observed("malformed-id", why)
        return
    exchange = _list_tasks(context, after=NOT_AN_ID)
    yield observed_by_status("malformed-id", {200: "not-found", 400: "reject", 404: "not-found"}, exchange)


def probe_foreign_cursor(context: RunContext) -> Iterator[Observation]:
    """Lists tasks after a task of the other server.

    In the order of `created_at`, at least 3 tasks of the server of --api-key are before this task, and at
    least 3 after it.
    """
    own_tasks = _list_all_tasks(context, None)
    foreign_task = _task_between(own_tasks, _list_all_tasks(context, context.target.other_api_key))
    unknown = context.ledger.known_value("unknown-cursor")
    if foreign_task is None or unknown is None:
        why = phrase(
            "one of two things is missing: a known value of unknown-cursor, or a task of the "
            "other server that has {page_size} tasks of the --api-key server before it and "
            "{page_size} after it",
            page_size=_PAGE_SIZE,
        )
        yield not_observed("foreign-cursor", why)
        return
    exchange = _list_tasks(context, after=str(foreign_task["id"]))
    first_ids = [task["id"] for task in own_tasks[:_PAGE_SIZE]]
    if not exchange.accepted:
        yield observed_by_status(
            "foreign-cursor", {_STATUS_OF_REFUSAL.get(unknown, 0): "as-unknown"}, exchange
        )
    elif tasks_in(exchange) and _ids(exchange) != first_ids:
        yield observed("foreign-cursor", "position", exchange)
    elif (unknown == "first-page" and tasks_in(exchange)) or (unknown == "empty" and not tasks_in(exchange)):
        yield observed("foreign-cursor", "as-unknown", exchange)
    else:
        why = phrase("the answer differs from the answers to an unknown cursor and to a known cursor")
        yield not_observed("foreign-cursor", why, exchange)


def probe_cursor_with_page(context: RunContext) -> Iterator[Observation]:
    """Lists tasks with both `after` and `page`."""
    first = _list_tasks(context)
    if len(tasks_in(first)) < _PAGE_SIZE:
        yield not_observed(
            "cursor-with-page",
            phrase("the server has fewer than {page_size} tasks", page_size=_PAGE_SIZE),
            first,
        )
        return
    after = str(_ids(first)[0])
    exchange = _list_tasks(context, after=after, page=_FAR_PAGE, limit=1)
    if exchange.accepted and _ids(exchange) != _ids(first)[1:2]:
        why = phrase("the server did not ignore `page`, although the request has `after`")
        yield not_observed("cursor-with-page", why, first, exchange)
    else:
        yield observed_by_status("cursor-with-page", {200: "cursor", 400: "reject"}, exchange)


def probe_last_cursor(context: RunContext) -> Iterator[Observation]:
    """Lists the waiting tasks with the highest `limit` that the server accepts.

    If all waiting tasks are on this page, it is the last page.
    """
    exchange = context.client.get_tasks(limit=context.highest_limit)
    if tasks_in(exchange) and total_in(exchange) == len(tasks_in(exchange)):
        yield observe_last_cursor(exchange)
    else:
        yield not_observed("last-cursor", phrase("no page in this run was certainly the last page"), exchange)


def probe_first_cursor(context: RunContext) -> Iterator[Observation]:
    """Lists the first task of any status."""
    exchange = _list_tasks(context, limit=1)
    if tasks_in(exchange) and total_in(exchange) > 1:
        yield observe_first_cursor(exchange)
    else:
        yield not_observed("first-cursor", phrase("the server has fewer than two tasks"), exchange)


def probe_list_order(context: RunContext) -> Iterator[Observation]:
    """Lists the first page of the waiting tasks, with the highest `limit` that the server accepts."""
    yield observe_order(context.client.get_tasks(limit=context.highest_limit))


def probe_time_precision(context: RunContext) -> Iterator[Observation]:
    """Lists the first tasks of any status."""
    yield observe_time_precision(_list_tasks(context))


def probe_nulls(context: RunContext) -> Iterator[Observation]:
    """Lists the tasks of any status, with the highest `limit` of the API page."""
    yield observe_nulls(_list_tasks(context, limit=lenient_spec.parameter_maximum("limit")))


def probe_unknown_parameter(context: RunContext) -> Iterator[Observation]:
    """Lists one task, with a query parameter that the API page does not name."""
    exchange = _list_tasks(context, limit=1, **{FAKE_PARAMETER: 1})
    yield observed_by_status("unknown-parameter", {200: "ignore", 400: "reject"}, exchange)


def _list_tasks(context: RunContext, **query: str | int) -> Exchange:
    all_statuses = ",".join(lenient_spec.enum_values("TaskStatus"))
    return context.client.get_tasks_with({"status": all_statuses, "limit": _PAGE_SIZE, **query})


def _list_all_tasks(context: RunContext, key: str | None) -> list[Task]:
    all_statuses = ",".join(lenient_spec.enum_values("TaskStatus"))
    limit = context.highest_limit
    return tasks_in(context.client.get_tasks(key=key, status=all_statuses, limit=limit))


def _task_between(own_tasks: list[Task], foreign_tasks: list[Task]) -> Task | None:
    """The first foreign task with enough own tasks before it and after it, by `created_at`.

    Enough is one page of `_PAGE_SIZE` tasks on each side.
    """
    times = sorted(map(creation_time, own_tasks))
    if len(times) <= _PAGE_SIZE:
        return None
    early, late = times[_PAGE_SIZE - 1], times[-_PAGE_SIZE]
    return next((task for task in foreign_tasks if early < creation_time(task) < late), None)


def _ids(exchange: Exchange) -> list[str]:
    return [str(task.get("id")) for task in tasks_in(exchange)]
