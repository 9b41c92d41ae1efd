"""The part of the tour that lists: filters, limits, and both ways through all pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task, tasks_in, total_in, usable_tasks_in
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, seen, unseen
from workerkit.openapi.exchange import Exchange

_PAGES = 3
_MOST_PAGES = 8
_MOST_COUNTS = 3
_DISTURBED = "the tasks changed while they were listed: try again when nobody else works on them"
_FRACTION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")


def list_by_default(context: RunContext) -> None:
    """The default list is answered; its pending and queued tasks are what later steps use."""
    exchange = context.client.tasks()
    if not context.expect("list", exchange):
        return
    reading = ParsedExchange(exchange)
    context.server_name = reading.answered_field("server_name")
    context.server_id = reading.answered_field("server_id")
    context.ledger.note(time_precision_of(exchange))
    # A server may hand tasks out as it lists them, from pending to queued: the second list has them settled.
    named = context.client.tasks(status=",".join(lenient_spec.waiting()))
    _compare_with_default(context, exchange, named)
    context.tasks = _own_tasks(context, named if named.accepted else exchange)


def _compare_with_default(context: RunContext, by_default: Exchange, named: Exchange) -> None:
    totals = total_in(by_default), total_in(named)
    if min(totals) < 0:
        return
    again = by_default if totals[0] == totals[1] else context.client.tasks()
    if total_in(again) != totals[0]:
        context.ledger.excuse("list-status", _DISTURBED)
        return
    flaw = f"by default {totals[0]} tasks are listed, of the statuses that are the default {totals[1]}"
    context.ledger.judge("list-status", None if totals[0] == totals[1] else flaw, by_default, named)


def _own_tasks(context: RunContext, listed: Exchange) -> list[Task]:
    usable = usable_tasks_in(listed)
    if context.sandbox_tasks is None:
        return usable
    now = {str(each["id"]): each for each in usable}
    waiting = [
        sandbox_task
        for sandbox_task in context.sandbox_tasks
        if sandbox_task["status"] in lenient_spec.waiting()
    ]
    return [now.get(str(each["id"]), each) for each in waiting]


def filter_the_list(context: RunContext) -> None:
    """Each status alone adds up to all of them together; filters keep what they name, by cursor, too."""
    _add_up(context)
    _follow_a_filter(context)
    for task in context.tasks[:1]:
        exchange = context.client.tasks(service_type=str(task.get("service_type")))
        if context.expect("list-service-type", exchange):
            found = task.get("id") in [each.get("id") for each in tasks_in(exchange)]
            whole = total_in(exchange) == len(tasks_in(exchange))
            flaw = f"task {task.get('id')} is not in the list of its service type"
            context.ledger.judge("list-service-type", None if found or not whole else flaw, exchange)
            half = min(lenient_spec.highest("limit"), max(1, total_in(exchange) // 2))
            context.client.tasks(service_type=str(task.get("service_type")), limit=half, page=2)


def _add_up(context: RunContext) -> None:
    # A server at work gets tasks and moves them between two requests: what differs is looked at again.
    before: list[int] = []
    for _ in range(_MOST_COUNTS):
        together, *alone, again = _counted(context)
        totals = [total_in(each) for each in alone]
        if min(total_in(together), *totals) < 0:
            return
        changed, kept = total_in(together) != total_in(again), sum(totals) == total_in(together)
        if not changed and (kept or totals == before):
            flaw = f"the six statuses alone have {sum(totals)} tasks, together {total_in(together)}"
            context.ledger.judge("list-total", None if kept else flaw, together, *alone)
            return
        before = totals
    context.ledger.excuse("list-total", _DISTURBED)


def _follow_a_filter(context: RunContext) -> None:
    # What is listed is held against the filter with every other list of the run.
    for status in lenient_spec.enumeration("TaskStatus"):
        first = context.client.tasks(status=status, limit=1)
        cursor, tasks = ParsedExchange(first).answered_field("next_cursor"), usable_tasks_in(first)
        if isinstance(cursor, str) and tasks and total_in(first) > 1:
            narrow = {"status": status, "service_type": str(tasks[0].get("service_type"))}
            context.client.tasks(**narrow, limit=lenient_spec.highest("limit"), after=cursor)
            return


def _counted(context: RunContext) -> list[Exchange]:
    statuses = lenient_spec.enumeration("TaskStatus")
    every = ",".join(statuses)
    return [context.client.tasks(status=each, limit=1) for each in (every, *statuses, every)]


def list_at_the_limits(context: RunContext) -> None:
    """The highest limit is taken; one more is refused or lowered, which is a silence. A word is no limit."""
    most = lenient_spec.highest("limit")
    context.expect("bad-request", context.client.tasks(limit="ten"), 400)
    context.expect("list-limit", context.client.tasks(limit=most))
    beyond = context.client.tasks(limit=most + 1)
    if beyond.accepted:
        limit = ParsedExchange(beyond).answered_field("limit")
        lowered = isinstance(limit, int) and limit <= most
        context.ledger.judge("list-limit", None if lowered else f"a limit of {limit} was taken", beyond)
        other = unseen("limit-above-maximum", f"a limit of {most + 1} became {limit}", beyond)
        context.ledger.note(seen("limit-above-maximum", "clamp", beyond) if limit == most else other)
    elif context.expect("list-limit", beyond, 400):
        context.ledger.note(seen("limit-above-maximum", "reject", beyond))


def page_through(context: RunContext) -> None:
    """Offset and cursor show the same tasks, each once, as many as `total` says."""
    every = ",".join(lenient_spec.enumeration("TaskStatus"))
    first = context.client.tasks(status=every, limit=1)
    total = total_in(first)
    if total < 1:
        _excuse_paging(context, "the server has no tasks to page through, or tells no total: give it some")
        return
    limit = min(lenient_spec.highest("limit"), -(-total // _PAGES))
    if limit * _MOST_PAGES < total:
        _excuse_paging(context, f"{total} tasks are too many to page through")
        return
    by_offset = list(_offset_pages(context, every, limit, total))
    by_cursor = list(_cursor_pages(context, every, limit))
    _compare(context, by_offset, by_cursor, total)


def _offset_pages(context: RunContext, status: str, limit: int, total: int) -> Iterator[Exchange]:
    for page in range(1, -(-total // limit) + 1):
        yield context.client.tasks(status=status, limit=limit, page=page)


def _cursor_pages(context: RunContext, status: str, limit: int) -> Iterator[Exchange]:
    exchange = context.client.tasks(status=status, limit=limit)
    yield exchange
    for _ in range(_MOST_PAGES + 1):
        cursor = ParsedExchange(exchange).answered_field("next_cursor")
        if not isinstance(cursor, str) or not tasks_in(exchange):
            return
        exchange = context.client.tasks(status=status, limit=limit, after=cursor)
        yield exchange


def _compare(context: RunContext, by_offset: list[Exchange], by_cursor: list[Exchange], total: int) -> None:
    pages = (*by_offset, *by_cursor)
    if not all(page.accepted for page in pages):
        context.ledger.fail("list", "not every page was answered 2xx", pages)
        return
    if any(total_in(each) != total for each in by_offset):
        _excuse_paging(context, _DISTURBED)
        return
    offset_ids, cursor_ids = _ids(by_offset), _ids(by_cursor)
    count = len(set(offset_ids))
    flaw = f"the pages have {len(offset_ids)} tasks, {count} different ones, total is {total}"
    kept = len(offset_ids) == count == total
    context.ledger.judge("list-page", None if kept else flaw, *by_offset)
    flaw = f"by cursor come {len(cursor_ids)} tasks, by page {len(offset_ids)}, or in another order"
    context.ledger.judge("list-after", None if cursor_ids == offset_ids else flaw, *pages)
    _see_paging(context, by_cursor, total)
    context.ledger.note(order_of(*by_offset))


def _ids(pages: list[Exchange]) -> list[str]:
    return [str(task.get("id")) for page in pages for task in tasks_in(page)]


def _excuse_paging(context: RunContext, why: str) -> None:
    for rule in ("list-page", "list-after", "list-total", "list-next-cursor"):
        context.ledger.excuse(rule, why)


def _see_paging(context: RunContext, by_cursor: list[Exchange], total: int) -> None:
    full = [each for each in by_cursor if tasks_in(each)]
    if full:
        context.ledger.note(last_cursor_of(full[-1]))
    if len(full) > 1:
        context.ledger.note(_total_with_cursor(full[0], full[1], total))


def last_cursor_of(last: Exchange) -> Observation:
    """What `next_cursor` is on a page, the last one."""
    answer = last.answered()
    value = "id" if answer.get("next_cursor") else "null" if "next_cursor" in answer else "absent"
    return seen("last-cursor", value, last)


def order_of(*pages: Exchange) -> Observation:
    """In which order the tasks of these pages come."""
    times = [str(task.get("created_at")) for page in pages for task in tasks_in(page)]
    if len(set(times)) < 2:
        return unseen("list-order", "no two tasks of different times were listed")
    if times == sorted(times):
        return seen("list-order", "oldest-first", *pages)
    if times == sorted(times, reverse=True):
        return seen("list-order", "newest-first", *pages)
    return unseen("list-order", "the tasks are in no order of created_at", *pages)


def _total_with_cursor(first: Exchange, second: Exchange, total: int) -> Observation:
    counted = total_in(second)
    values = {total - len(tasks_in(first)): "remaining", total: "all"}
    if counted in values:
        return seen("total-with-cursor", values[counted], first, second)
    why = f"total is {total} without a cursor and {counted} after the first page"
    return unseen("total-with-cursor", why, first, second)


def time_precision_of(exchange: Exchange) -> Observation:
    """How precise the times of the tasks of this page are."""
    times = [str(task.get("created_at")) for task in tasks_in(exchange)]
    fractions = [_FRACTION.fullmatch(time) for time in times]
    if not times:
        return unseen("time-precision", "no task was listed")
    if not all(fractions):
        return unseen("time-precision", f"created_at is {times[0]}", exchange)
    precise = any(fraction and fraction.group(1) for fraction in fractions)
    return seen("time-precision", "milliseconds" if precise else "seconds", exchange)
