"""Scripted lists: filters, limits, and both kinds of pagination."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task, tasks_in, total_in, usable_tasks_in
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, not_observed, observed
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import next_cursor_of
from workerkit.openapi.formats.timestamp import read_time
from workerkit.openapi.languages.phrase import phrase

_NULL_ON_THE_PAGE = frozenset({"details", "started_at"})
_WANTED_PAGES = 3
_MOST_PAGES = 8
_MOST_TRIES = 3
_DISTURBED = phrase("the tasks changed between two lists: try again when nobody else changes them")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# The decimals and the zone of a time. A server may leave out decimals that are all zero.
_PRECISIONS = {
    **{(0, True): "seconds", (3, True): "milliseconds", (6, True): "microseconds"},
    (0, False): "offset",
}


def list_by_default(context: RunContext) -> None:
    """Sends GET /tasks without parameters. Later steps use the pending and queued tasks in it."""
    exchange = context.client.get_tasks()
    if not context.expect_status("list", exchange):
        return
    parsed = ParsedExchange(exchange)
    context.server_name = parsed.answer_field("server_name")
    context.server_id = parsed.answer_field("server_id")
    context.ledger.add_observation(observe_time_precision(exchange))
    context.ledger.add_observation(observe_nulls(exchange))
    # A server may change tasks from pending to queued when it lists them, so the second list is used.
    named = context.client.get_tasks(status=",".join(lenient_spec.waiting_statuses()))
    _compare_with_default(context, exchange, named)
    context.tasks = _own_tasks(context, named if named.accepted else exchange)


def _compare_with_default(context: RunContext, by_default: Exchange, named: Exchange) -> None:
    totals = total_in(by_default), total_in(named)
    if min(totals) < 0:
        return
    again = by_default if totals[0] == totals[1] else context.client.get_tasks()
    if total_in(again) != totals[0]:
        context.ledger.mark_untested("list-status", _DISTURBED)
        return
    flaw = phrase(
        "total is {totals} without a status filter, but {totals_2} with the default statuses",
        totals=totals[0],
        totals_2=totals[1],
    )
    context.ledger.record_check("list-status", None if totals[0] == totals[1] else flaw, by_default, named)


def _own_tasks(context: RunContext, listed: Exchange) -> list[Task]:
    usable = usable_tasks_in(listed)
    if context.sandbox_tasks is None:
        return usable
    current = {str(task["id"]): task for task in usable}
    waiting_statuses = lenient_spec.waiting_statuses()
    waiting = [task for task in context.sandbox_tasks if task["status"] in waiting_statuses]
    return [current.get(str(task["id"]), task) for task in waiting]


def filter_lists(context: RunContext) -> None:
    """Lists with filters. Checks the totals for each status, and that a filter keeps the right tasks."""
    _check_totals(context)
    _filter_by_cursor(context)
    for task in [task for task in context.tasks if _service_type(task)][:1]:
        exchange = context.client.get_tasks(service_type=_service_type(task))
        if context.expect_status("list-service-type", exchange):
            found = task.get("id") in [listed.get("id") for listed in tasks_in(exchange)]
            is_complete = total_in(exchange) == len(tasks_in(exchange))
            flaw = phrase("task {task} is not in the list of its service type", task=task.get("id"))
            context.ledger.record_check(
                "list-service-type", None if found or not is_complete else flaw, exchange
            )
            half = min(context.highest_limit, max(1, total_in(exchange) // 2))
            context.client.get_tasks(service_type=_service_type(task), limit=half, page=2)


def _service_type(task: Task) -> str:
    """The service type of a listed task, or an empty text."""
    service_type = task.get("service_type")
    return service_type if isinstance(service_type, str) else ""


def _check_totals(context: RunContext) -> None:
    # Other users may change tasks between two requests, so a difference has to appear twice.
    previous_totals: list[int] = []
    for _ in range(_MOST_TRIES):
        together, *alone, again = _counting_lists(context)
        totals = [total_in(exchange) for exchange in alone]
        for exchange in (*alone, together):
            context.expect_status("list-status", exchange)
        if min(total_in(together), *totals) < 0:
            return
        changed, kept = total_in(together) != total_in(again), sum(totals) == total_in(together)
        if not changed and (kept or totals == previous_totals):
            flaw = phrase(
                "the totals of the single statuses add up to {sum}, but the total of all statuses in "
                "one list is {total_in}",
                sum=sum(totals),
                total_in=total_in(together),
            )
            context.ledger.record_check("list-total", None if kept else flaw, together, *alone)
            return
        previous_totals = totals
    context.ledger.mark_untested("list-total", _DISTURBED)


def _filter_by_cursor(context: RunContext) -> None:
    # This only sends the request. `check_exchange` checks all lists of the run, including their filters.
    for status in lenient_spec.enum_values("TaskStatus"):
        first = context.client.get_tasks(status=status, limit=1)
        cursor, tasks = _cursor_behind(first), usable_tasks_in(first)
        if cursor is not None and tasks and total_in(first) > 1:
            service = {"service_type": _service_type(tasks[0])} if _service_type(tasks[0]) else {}
            most = context.highest_limit
            context.client.get_tasks_with({"status": status, **service, "limit": most, "after": cursor})
            return


def _counting_lists(context: RunContext) -> list[Exchange]:
    statuses = lenient_spec.enum_values("TaskStatus")
    all_statuses = ",".join(statuses)
    return [
        context.client.get_tasks(status=status, limit=1) for status in (all_statuses, *statuses, all_statuses)
    ]


def list_at_limits(context: RunContext) -> None:
    """Sends GET /tasks with the highest limit, with a higher limit, and with a limit that is not a number.

    A server may refuse the higher limit or lower it: this is the silence `limit-above-maximum`. It may use
    the default in place of a limit that is not a number: `check_exchange` checks this.
    """
    most = lenient_spec.parameter_maximum("limit")
    unreadable = context.client.get_tasks(limit="ten")
    if not unreadable.accepted:
        context.expect_status("bad-request", unreadable, 400)
    if not context.expect_status("list-limit", context.client.get_tasks(limit=most)):
        # The run goes on with a limit that the server accepts, so that other rules can be tested.
        context.highest_limit = lenient_spec.parameter_default("limit")
    beyond = context.client.get_tasks(limit=most + 1)
    if beyond.accepted:
        limit = ParsedExchange(beyond).answer_field("limit")
        lowered = isinstance(limit, int) and limit <= most
        context.ledger.record_check(
            "list-limit",
            None if lowered else phrase("the server accepted a limit of {limit}", limit=limit),
            beyond,
        )
        other = not_observed(
            "limit-above-maximum",
            phrase("a limit of {number} became {limit}", number=most + 1, limit=limit),
            beyond,
        )
        context.ledger.add_observation(
            observed("limit-above-maximum", "clamp", beyond) if limit == most else other
        )
    elif context.expect_status("list-limit", beyond, 400):
        context.ledger.add_observation(observed("limit-above-maximum", "reject", beyond))


def page_through_lists(context: RunContext) -> None:
    """Lists all pages by page number and by cursor.

    Checks that both ways give the same tasks, and that `total` is right.
    """
    all_statuses = ",".join(lenient_spec.enum_values("TaskStatus"))
    first = context.client.get_tasks(status=all_statuses, limit=1)
    total = total_in(first)
    if total < 1:
        _mark_paging_untested(
            context, phrase("the server has no tasks to list, or its answer has no total: give it some tasks")
        )
        return
    limit = min(context.highest_limit, -(-total // _WANTED_PAGES))
    if limit * _MOST_PAGES < total:
        _mark_paging_untested(context, phrase("{total} tasks are too many for this test", total=total))
        return
    by_offset = list(_offset_pages(context, all_statuses, limit, total))
    by_cursor = list(_cursor_pages(context, all_statuses, limit))
    _compare_pages(context, by_offset, by_cursor, total)


def _offset_pages(context: RunContext, status: str, limit: int, total: int) -> Iterator[Exchange]:
    for page in range(1, -(-total // limit) + 1):
        yield context.client.get_tasks(status=status, limit=limit, page=page)


def _cursor_pages(context: RunContext, status: str, limit: int) -> Iterator[Exchange]:
    exchange = context.client.get_tasks(status=status, limit=limit)
    yield exchange
    for _ in range(_MOST_PAGES + 1):
        cursor = _cursor_behind(exchange)
        if cursor is None or not tasks_in(exchange):
            return
        exchange = context.client.get_tasks(status=status, limit=limit, after=cursor)
        yield exchange


def _cursor_behind(exchange: Exchange) -> str | None:
    """The `next_cursor` of a page. If a page without `after` has none: the id of its last task.

    The server does not have to give a cursor there: this is the silence `first-cursor`.
    """
    parsed, tasks = ParsedExchange(exchange), usable_tasks_in(exchange)
    cursor = next_cursor_of(parsed.answer_json)
    if cursor is None and tasks and "after" not in parsed.query:
        return str(tasks[-1]["id"])
    return cursor if isinstance(cursor, str) else None


def _compare_pages(
    context: RunContext, by_offset: list[Exchange], by_cursor: list[Exchange], total: int
) -> None:
    pages = (*by_offset, *by_cursor)
    if not all(page.accepted for page in pages):
        context.ledger.mark_broken("list", phrase("not all pages were answered 2xx"), pages)
        return
    if any(total_in(page) != total for page in by_offset):
        _mark_paging_untested(context, _DISTURBED)
        return
    offset_ids, cursor_ids = _ids(by_offset), _ids(by_cursor)
    count = len(set(offset_ids))
    flaw = phrase(
        "the pages have {offset_ids_count} tasks with {count} different ids, but total is {total}",
        offset_ids_count=len(offset_ids),
        count=count,
        total=total,
    )
    kept = len(offset_ids) == count == total
    context.ledger.record_check("list-page", None if kept else flaw, *by_offset)
    if _lacks_cursor(by_cursor, cursor_ids, offset_ids):
        flaw = phrase(
            "next_cursor is missing, but {number} more tasks come after this page",
            number=len(offset_ids) - len(cursor_ids),
        )
        context.ledger.mark_broken("list-next-cursor", flaw, by_cursor[-1:])
        return
    flaw = phrase(
        "{cursor_ids_count} tasks by cursor and {offset_ids_count} by page number are not the same list",
        cursor_ids_count=len(cursor_ids),
        offset_ids_count=len(offset_ids),
    )
    context.ledger.record_check("list-after", None if cursor_ids == offset_ids else flaw, *pages)
    _observe_paging(context, by_cursor, total)
    context.ledger.add_observation(observe_order(*by_offset))


def _lacks_cursor(by_cursor: list[Exchange], cursor_ids: list[str], offset_ids: list[str]) -> bool:
    """Whether a page without a `next_cursor` ended the walk before its last task."""
    return (
        next_cursor_of(ParsedExchange(by_cursor[-1]).answer_json) is None
        and len(cursor_ids) < len(offset_ids)
        and cursor_ids == offset_ids[: len(cursor_ids)]
    )


def _ids(pages: list[Exchange]) -> list[str]:
    return [str(task.get("id")) for page in pages for task in tasks_in(page)]


def _mark_paging_untested(context: RunContext, why: str) -> None:
    for rule in ("list-page", "list-after", "list-total", "list-next-cursor"):
        context.ledger.mark_untested(rule, why)


def _observe_paging(context: RunContext, by_cursor: list[Exchange], total: int) -> None:
    pages = [page for page in by_cursor if tasks_in(page)]
    if pages:
        context.ledger.add_observation(observe_last_cursor(pages[-1]))
    if len(pages) > 1:
        context.ledger.add_observation(observe_first_cursor(pages[0]))
        context.ledger.add_observation(_total_with_cursor(pages[0], pages[1], total))


def observe_last_cursor(last: Exchange) -> Observation:
    """The value of the silence `last-cursor`, from the last page of a list."""
    return observed("last-cursor", _form_of_cursor(last) or "id", last)


def observe_first_cursor(first: Exchange) -> Observation:
    """The value of the silence `first-cursor`, from a page without `after` that is not the last page."""
    return observed("first-cursor", _form_of_cursor(first) or "given", first)


def _form_of_cursor(page: Exchange) -> str | None:
    """How a page says that it has no `next_cursor`: `null` or `absent`. None if it has one."""
    answer = page.answer_json()
    if answer.get("next_cursor"):
        return None
    return "null" if "next_cursor" in answer else "absent"


def observe_order(*pages: Exchange) -> Observation:
    """The value of the silence `list-order`, from these pages."""
    times = [creation_time(task) for page in pages for task in tasks_in(page)]
    if len(set(times)) < 2:
        return not_observed("list-order", phrase("no two listed tasks have different times"))
    if times == sorted(times):
        return observed("list-order", "oldest-first", *pages)
    if times == sorted(times, reverse=True):
        return observed("list-order", "newest-first", *pages)
    return not_observed("list-order", phrase("the tasks are not sorted by created_at"), *pages)


def _total_with_cursor(first: Exchange, second: Exchange, total: int) -> Observation:
    second_total = total_in(second)
    values = {total - len(tasks_in(first)): "remaining", total: "all"}
    if second_total in values:
        return observed("total-with-cursor", values[second_total], first, second)
    why = phrase(
        "total is {total} without a cursor and {second_total} after the first page",
        total=total,
        second_total=second_total,
    )
    return not_observed("total-with-cursor", why, first, second)


def creation_time(task: Task) -> float:
    """The `created_at` of a listed task, in seconds since 1970. 0 if it is no time with a time zone."""
    try:
        return read_time(str(task.get("created_at")))
    except ValueError:
        return 0.0


def observe_time_precision(exchange: Exchange) -> Observation:
    """The value of the silence `time-precision`, from the times of these tasks."""
    times = [str(task["created_at"]) for task in tasks_in(exchange) if task.get("created_at") is not None]
    if not times:
        return not_observed("time-precision", phrase("no listed task has a created_at"))
    forms = {_form_of_time(time) for time in times}
    with_decimals = {form for form in forms if form and form[0]}
    (form, *others) = with_decimals or forms
    value = None if others or None in forms else _PRECISIONS.get(form or (-1, False))
    if value is None:
        return not_observed("time-precision", f"created_at is {times[0]}", exchange)
    return observed("time-precision", value, exchange)


def _form_of_time(time: str) -> tuple[int, bool] | None:
    """The number of decimals of a time, and True if it ends in Z. None for a text in another form."""
    match = _TIME.fullmatch(time)
    return None if match is None else (len((match[1] or ".")[1:]), match[2] == "Z")


def observe_nulls(exchange: Exchange) -> Observation:
    """The value of the silence `null-in-task`, from the fields of these tasks."""
    tasks = tasks_in(exchange)
    shown = lenient_spec.field_names("Task") - _NULL_ON_THE_PAGE
    if any(name in task and task[name] is None for task in tasks for name in shown):
        return observed("null-in-task", "any", exchange)
    if any(task.get(name) == "" for task in tasks for name in shown):
        return observed("null-in-task", "as-shown", exchange)
    return not_observed("null-in-task", phrase("no listed task has an empty field"), exchange)
