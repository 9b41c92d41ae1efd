"""The part of the tour that lists: filters, limits, and both ways through all pages."""

from __future__ import annotations

from collections.abc import Iterator

from workerkit.contracts import leeway
from workerkit.contracts.reading import Reading
from workerkit.contracts.walk import Task, Walk, tasks_in, total_in, usable_tasks_in
from workerkit.openapi.exchange import Exchange

_PAGES = 3
_MOST_PAGES = 8


def list_by_default(walk: Walk) -> None:
    """The default list is answered; its pending and queued tasks are what later steps use."""
    exchange = walk.client.tasks()
    if not walk.expect("list", exchange):
        return
    reading = Reading(exchange)
    walk.server_name = reading.answered_field("server_name")
    walk.server_id = reading.answered_field("server_id")
    waiting = leeway.waiting()
    sandboxed = [each for each in walk.sandbox_tasks or () if each["status"] in waiting]
    walk.tasks = usable_tasks_in(exchange) if walk.sandbox_tasks is None else sandboxed
    _see_time_precision(walk)


def filter_the_list(walk: Walk) -> None:
    """Each status alone adds up to all of them together; the filter by service type keeps its type."""
    _add_up(walk)
    for task in walk.tasks[:1]:
        exchange = walk.client.tasks(service_type=str(task.get("service_type")))
        if walk.expect("list-service-type", exchange):
            found = task.get("id") in [each.get("id") for each in tasks_in(exchange)]
            whole = total_in(exchange) == len(tasks_in(exchange))
            flaw = f"task {task.get('id')} is not in the list of its service type"
            walk.ledger.judge("list-service-type", None if found or not whole else flaw, exchange)


def _add_up(walk: Walk) -> None:
    # A server at work gets tasks and moves them between two requests: what differs is looked at again.
    for last in (False, False, True):
        together, *alone, again = _counted(walk)
        totals = [total_in(each) for each in alone]
        if min(total_in(together), *totals) < 0:
            return
        changed = total_in(together) != total_in(again)
        if not changed and (last or sum(totals) == total_in(together)):
            flaw = f"the six statuses alone have {sum(totals)} tasks, together {total_in(together)}"
            kept = sum(totals) == total_in(together)
            walk.ledger.judge("list-total", None if kept else flaw, together, *alone)
            return
    walk.ledger.excuse("list-total", "the tasks changed while they were listed")


def _counted(walk: Walk) -> list[Exchange]:
    statuses = leeway.enumeration("TaskStatus")
    every = ",".join(statuses)
    return [walk.client.tasks(status=each, limit=1) for each in (every, *statuses, every)]


def list_at_the_limits(walk: Walk) -> None:
    """The highest limit is taken; one more is refused or lowered, which is a silence."""
    most = leeway.highest("limit")
    walk.expect("list-limit", walk.client.tasks(limit=most))
    beyond = walk.client.tasks(limit=most + 1)
    if beyond.accepted:
        limit = Reading(beyond).answered_field("limit")
        lowered = isinstance(limit, int) and limit <= most
        walk.ledger.judge("list-limit", None if lowered else f"a limit of {limit} was taken", beyond)
        walk.ledger.see("limit-above-maximum", "clamp")
    elif walk.expect("list-limit", beyond, 400):
        walk.ledger.see("limit-above-maximum", "reject")


def ask_for_the_unknown(walk: Walk) -> None:
    """An unknown cursor, an unknown status and a limit of 0: silences, seen and not judged."""
    cursor = walk.client.tasks(after=walk.some_id())
    listed = "first-page" if tasks_in(cursor) else "empty"
    _see(walk, "unknown-cursor", {200: listed, 400: "reject", 404: "not-found"}, cursor)
    status = walk.client.tasks(status="nonsense")
    if not tasks_in(status):
        _see(walk, "unknown-status-filter", {200: "empty", 400: "reject"}, status)
    _see(walk, "below-minimum", {200: "default", 400: "reject"}, walk.client.tasks(limit=0))


def page_through(walk: Walk) -> None:
    """Offset and cursor show the same tasks, each once, as many as `total` says."""
    every = ",".join(leeway.enumeration("TaskStatus"))
    first = walk.client.tasks(status=every, limit=1)
    total = total_in(first)
    if total < 1:
        _excuse_paging(walk, "the server has no tasks to page through, or tells no total")
        return
    limit = min(leeway.highest("limit"), -(-total // _PAGES))
    if limit * _MOST_PAGES < total:
        _excuse_paging(walk, f"{total} tasks are too many to page through")
        return
    by_offset = list(_offset_pages(walk, every, limit, total))
    by_cursor = list(_cursor_pages(walk, every, limit))
    _compare(walk, by_offset, by_cursor, total)


def _offset_pages(walk: Walk, status: str, limit: int, total: int) -> Iterator[Exchange]:
    for page in range(1, -(-total // limit) + 1):
        yield walk.client.tasks(status=status, limit=limit, page=page)


def _cursor_pages(walk: Walk, status: str, limit: int) -> Iterator[Exchange]:
    exchange = walk.client.tasks(status=status, limit=limit)
    yield exchange
    for _ in range(_MOST_PAGES + 1):
        cursor = Reading(exchange).answered_field("next_cursor")
        if not isinstance(cursor, str) or not tasks_in(exchange):
            return
        exchange = walk.client.tasks(status=status, limit=limit, after=cursor)
        yield exchange


def _compare(walk: Walk, by_offset: list[Exchange], by_cursor: list[Exchange], total: int) -> None:
    pages = (*by_offset, *by_cursor)
    if not all(each.accepted for each in pages):
        walk.ledger.fail("list", "not every page was answered 2xx", pages)
        return
    if any(total_in(each) != total for each in by_offset):
        _excuse_paging(walk, "the tasks changed while they were listed")
        return
    offset_ids, cursor_ids = _ids(by_offset), _ids(by_cursor)
    count = len(set(offset_ids))
    flaw = f"the pages have {count} tasks together, total is {total}"
    walk.ledger.judge("list-total", None if count == total else flaw, *by_offset)
    flaw = f"by cursor come {len(cursor_ids)} tasks, by page {len(offset_ids)}, or in another order"
    walk.ledger.judge("list-after", None if cursor_ids == offset_ids else flaw, *pages)
    _see_paging(walk, by_cursor, total)
    _see_order(walk, [task for each in by_offset for task in tasks_in(each)])


def _ids(pages: list[Exchange]) -> list[str]:
    return [str(task.get("id")) for each in pages for task in tasks_in(each)]


def _excuse_paging(walk: Walk, why: str) -> None:
    for rule in ("list-after", "list-total"):
        walk.ledger.excuse(rule, why)


def _see_paging(walk: Walk, by_cursor: list[Exchange], total: int) -> None:
    full = [each for each in by_cursor if tasks_in(each)]
    if not full:
        return
    last = full[-1].answered()
    cursor = "id" if last.get("next_cursor") else "null" if "next_cursor" in last else "absent"
    walk.ledger.see("last-cursor", cursor)
    if len(full) > 1:
        all_there = total_in(full[1]) == total
        walk.ledger.see("total-with-cursor", "all" if all_there else "remaining")


def _see_order(walk: Walk, tasks: list[Task]) -> None:
    times = [str(each.get("created_at")) for each in tasks]
    if len(set(times)) < 2:
        return
    if times == sorted(times):
        walk.ledger.see("list-order", "oldest-first")
    elif times == sorted(times, reverse=True):
        walk.ledger.see("list-order", "newest-first")


def _see_time_precision(walk: Walk) -> None:
    for task in walk.tasks[:1]:
        precise = "." in str(task.get("created_at"))
        walk.ledger.see("time-precision", "milliseconds" if precise else "seconds")


def _see(walk: Walk, silence: str, values: dict[int, str], exchange: Exchange) -> None:
    value = values.get(exchange.status or 0)
    if value is not None:
        walk.ledger.see(silence, value)
