"""Probes that only list: what GET /tasks shows of the silences."""

from __future__ import annotations

from collections.abc import Iterator

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task, tasks_in, total_in
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.observation import Observation, by_status, seen, unseen
from workerkit.contracts.scripted.lists import last_cursor_of, order_of, time_precision_of
from workerkit.contracts.target.fake_ids import NO_ID
from workerkit.openapi.exchange import Exchange

# Of one task each: the third page is neither the second nor the one after the first task.
_FAR_PAGE = 3
_LISTED = 3
_REFUSALS = {"reject": 400, "not-found": 404}


def below_minimum(context: RunContext) -> Iterator[Observation]:
    """A limit and a page of 0: both are refused, or both become the default."""
    asked = {name: context.client.listing({name: 0}) for name in ("limit", "page")}
    ways = set()
    for name, exchange in asked.items():
        became = ParsedExchange(exchange).answered_field(name)
        if exchange.accepted and became != lenient_spec.default(name):
            yield unseen("below-minimum", f"a {name} of 0 became {became}", exchange)
            return
        ways.add(exchange.status)
    if len(ways) > 1:
        yield unseen("below-minimum", "a limit and a page of 0 are answered differently", *asked.values())
    else:
        yield by_status("below-minimum", {200: "default", 400: "reject"}, asked["limit"])


def unknown_status_filter(context: RunContext) -> Iterator[Observation]:
    """A filter by a status that there is not."""
    asked = context.client.tasks(status="nonsense")
    if tasks_in(asked):
        yield unseen("unknown-status-filter", "the filter is passed over", asked)
    else:
        yield by_status("unknown-status-filter", {200: "empty", 400: "reject"}, asked)


def unknown_cursor(context: RunContext) -> Iterator[Observation]:
    """A cursor that is nobody's id."""
    first, asked = _page(context), _page(context, after=context.some_id())
    if not tasks_in(first):
        yield unseen("unknown-cursor", "the server has no task", first)
    elif asked.accepted and tasks_in(asked) and _ids(asked) != _ids(first):
        yield unseen("unknown-cursor", "it lists tasks that are not the first", first, asked)
    else:
        listed = "first-page" if tasks_in(asked) else "empty"
        yield by_status("unknown-cursor", {200: listed, 400: "reject", 404: "not-found"}, asked)


def malformed_cursor(context: RunContext) -> Iterator[Observation]:
    """A cursor that is no id at all; as good as an update with such an id, where nothing may be written."""
    if context.ledger.habit("unknown-cursor") in (None, "reject"):
        yield unseen("malformed-id", "every unknown cursor is refused alike: needs writes")
        return
    asked = _page(context, after=NO_ID)
    yield by_status("malformed-id", {200: "not-found", 400: "reject", 404: "not-found"}, asked)


def foreign_cursor(context: RunContext) -> Iterator[Observation]:
    """Another server's task as cursor, one that has own tasks before and after it in the order."""
    own = _whole_list(context, None)
    foreign = _between(own, _whole_list(context, context.target.other_api_key))
    unknown = context.ledger.habit("unknown-cursor")
    if foreign is None or unknown is None:
        yield unseen("foreign-cursor", "no other server's task lies between two own ones, or cursors are odd")
        return
    asked, first = _page(context, after=str(foreign["id"])), [each["id"] for each in own[:_LISTED]]
    if not asked.accepted:
        yield by_status("foreign-cursor", {_REFUSALS.get(unknown, 0): "as-unknown"}, asked)
    elif tasks_in(asked) and _ids(asked) != first:
        yield seen("foreign-cursor", "position", asked)
    elif (unknown == "first-page" and tasks_in(asked)) or (unknown == "empty" and not tasks_in(asked)):
        yield seen("foreign-cursor", "as-unknown", asked)
    else:
        yield unseen("foreign-cursor", "it is answered like no other cursor", asked)


def cursor_with_page(context: RunContext) -> Iterator[Observation]:
    """A cursor and a page at once."""
    first = _page(context)
    if len(tasks_in(first)) < _LISTED:
        yield unseen("cursor-with-page", f"the server has fewer than {_LISTED} tasks", first)
        return
    after = str(_ids(first)[0])
    asked = _page(context, after=after, page=_FAR_PAGE, limit=1)
    if asked.accepted and _ids(asked) != _ids(first)[1:2]:
        yield unseen("cursor-with-page", "the page is heeded beside the cursor", first, asked)
    else:
        yield by_status("cursor-with-page", {200: "cursor", 400: "reject"}, asked)


def last_page(context: RunContext) -> Iterator[Observation]:
    """The one page of the waiting tasks, where a page has room for all of them."""
    asked = context.client.tasks(limit=lenient_spec.highest("limit"))
    if tasks_in(asked) and total_in(asked) == len(tasks_in(asked)):
        yield last_cursor_of(asked)
    else:
        yield unseen("last-cursor", "no page of this run was surely the last", asked)


def order(context: RunContext) -> Iterator[Observation]:
    """The first page of the waiting tasks."""
    yield order_of(context.client.tasks(limit=lenient_spec.highest("limit")))


def time_precision(context: RunContext) -> Iterator[Observation]:
    """The first tasks of whatever status."""
    yield time_precision_of(_page(context))


def _page(context: RunContext, **query: str | int) -> Exchange:
    every = ",".join(lenient_spec.enumeration("TaskStatus"))
    return context.client.listing({"status": every, "limit": _LISTED, **query})


def _whole_list(context: RunContext, key: str | None) -> list[Task]:
    every = ",".join(lenient_spec.enumeration("TaskStatus"))
    return tasks_in(context.client.tasks(key=key, status=every, limit=lenient_spec.highest("limit")))


def _between(own: list[Task], foreign: list[Task]) -> Task | None:
    """A foreign task that more own tasks than a page has lie before, and some after, by their times."""
    times = sorted(str(each.get("created_at")) for each in own)
    if len(times) <= _LISTED:
        return None
    early, late = times[_LISTED - 1], times[-_LISTED]
    return next((each for each in foreign if early < str(each.get("created_at")) < late), None)


def _ids(exchange: Exchange) -> list[str]:
    return [str(task.get("id")) for task in tasks_in(exchange)]
